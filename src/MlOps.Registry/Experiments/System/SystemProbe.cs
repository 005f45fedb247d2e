using System.Diagnostics;

namespace MlOps.Registry;

/// <summary>
/// Reads this process and this machine: /proc on Linux, the runtime's own figures elsewhere, NVIDIA's library where it is installed.
/// Processor shares are means since the reading before.
/// </summary>
internal sealed class SystemProbe : ISystemProbe
{
    private readonly Lock _sync = new();
    private readonly Func<string, string?> _readText;
    private readonly Lazy<NvmlDevices?> _devices;
    private long _lastRead;
    private TimeSpan _lastProcessor;
    private ProcessorTimes? _lastMachine;

    public SystemProbe(Func<string, string?>? readText = null, Func<NvmlDevices?>? devices = null)
    {
        _readText = readText ?? ReadText;
        _devices = new Lazy<NvmlDevices?>(devices ?? NvmlDevices.TryOpen);
        _lastRead = Stopwatch.GetTimestamp();
        _lastProcessor = Environment.CpuUsage.TotalTime;
        _lastMachine = ProcFiles.ParseStat(_readText(ProcFiles.Stat));
    }

    /// <summary>One for the process: there is one machine to read.</summary>
    public static SystemProbe Shared { get; } = new();

    public void Read(List<KeyValuePair<string, double>> readings)
    {
        lock (_sync)
        {
            ReadProcessor(readings);
            ReadMemory(readings);
            ReadDisk(readings);
            _devices.Value?.Read(readings);
        }
    }

    private void ReadProcessor(List<KeyValuePair<string, double>> readings)
    {
        var passed = Stopwatch.GetElapsedTime(_lastRead);
        var processor = Environment.CpuUsage.TotalTime;
        if (passed > TimeSpan.Zero)
            readings.Add(new("system/cpu/process_percent", Math.Max(0, 100 * (processor - _lastProcessor) / passed)));
        (_lastRead, _lastProcessor) = (Stopwatch.GetTimestamp(), processor);
        if (ProcFiles.ParseStat(_readText(ProcFiles.Stat)) is not { } now)
            return;
        if (_lastMachine is { } before && now.Total > before.Total)
            readings.Add(new("system/cpu/machine_percent", Math.Clamp(100.0 * (now.Busy - before.Busy) / (now.Total - before.Total), 0, 100)));
        _lastMachine = now;
    }

    private void ReadMemory(List<KeyValuePair<string, double>> readings)
    {
        readings.Add(new("system/memory/working_set_bytes", Environment.WorkingSet));
        readings.Add(new("system/memory/managed_heap_bytes", GC.GetTotalMemory(forceFullCollection: false)));
        if (ProcFiles.ParseAvailable(_readText(ProcFiles.MemInfo)) is { } available)
        {
            readings.Add(new("system/memory/available_bytes", available));
            return;
        }

        var info = GC.GetGCMemoryInfo();
        if (info.TotalAvailableMemoryBytes > info.MemoryLoadBytes)
            readings.Add(new("system/memory/available_bytes", info.TotalAvailableMemoryBytes - info.MemoryLoadBytes));
    }

    private void ReadDisk(List<KeyValuePair<string, double>> readings)
    {
        if (ProcFiles.ParseIo(_readText(ProcFiles.Io)) is not { } io)
            return;
        readings.Add(new("system/disk/read_bytes", io.Read));
        readings.Add(new("system/disk/written_bytes", io.Written));
    }

    private static string? ReadText(string path)
    {
        if (!OperatingSystem.IsLinux())
            return null;
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
