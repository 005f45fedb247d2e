using System.Globalization;
using System.Runtime.InteropServices;

namespace MlOps.Serving.Trial;

/// <summary>Limits that the process puts on itself and cannot take back.</summary>
internal static partial class ProcessLimits
{
    private const int Cpu = 0;
    private const int FileSize = 1;
    private const int Data = 2;
    private const int Core = 4;
    private const int NoNewPrivileges = 38;
    private const int FileSizeSignal = 25;

    /// <summary>Limits private writable memory (to what is in use now and <paramref name="memoryBytes"/> more), processor time, and writing files at all.</summary>
    /// <returns>Whether the kernel keeps the memory limit; elsewhere the parent watches.</returns>
    public static bool Apply(long memoryBytes, int processorSeconds)
    {
        if (!OperatingSystem.IsLinux())
            return false;

        // Where memory runs out for everybody, this process is the one to go.
        try
        {
            File.WriteAllText("/proc/self/oom_score_adj", "1000");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }

        _ = Control(NoNewPrivileges, 1, 0, 0, 0);
        Set(Core, 0);

        // Attempts to write a file fail; by the signal's default they would end the process, whoever in it writes.
        _ = Signal(FileSizeSignal, 1);
        Set(FileSize, 0);
        if (processorSeconds > 0)
            Set(Cpu, (ulong)(Environment.CpuUsage.TotalTime.TotalSeconds + processorSeconds));

        // Not the address space: the garbage collector reserves far more than it uses. Data counts what is private and writable.
        return StatusBytes("VmData:") is > 0 and var used && Set(Data, (ulong)(used + memoryBytes));
    }

    /// <summary>The most memory that the process has held, in bytes; 0 where it is not known.</summary>
    public static long PeakBytes() => OperatingSystem.IsLinux() ? StatusBytes("VmHWM:") : Environment.WorkingSet;

    private static long StatusBytes(string name)
    {
        foreach (var line in File.ReadLines("/proc/self/status"))
        {
            if (line.StartsWith(name, StringComparison.Ordinal))
                return long.Parse(line.AsSpan(name.Length).Trim().TrimEnd("kB").Trim(), CultureInfo.InvariantCulture) * 1024;
        }

        return 0;
    }

    private static bool Set(int resource, ulong value)
    {
        var limit = new Limit { Soft = value, Hard = value };
        return SetLimit(resource, ref limit) == 0;
    }

    [LibraryImport("libc", EntryPoint = "setrlimit")]
    private static partial int SetLimit(int resource, ref Limit limit);

    [LibraryImport("libc", EntryPoint = "prctl")]
    private static partial int Control(int option, nuint second, nuint third, nuint fourth, nuint fifth);

    [LibraryImport("libc", EntryPoint = "signal")]
    private static partial nint Signal(int signal, nint handler);

    private struct Limit
    {
        public ulong Soft;
        public ulong Hard;
    }
}
