using System.Runtime.InteropServices;

namespace MlOps.Benchmarks.Measuring;

/// <summary>Time that processors spent working, which other programs on a shared machine do not stretch.</summary>
public static partial class CpuClock
{
    private const int ProcessClock = 2;
    private const int ThreadClock = 3;

    /// <summary>Of all threads of this process.</summary>
    public static TimeSpan Process => OperatingSystem.IsLinux() ? Read(ProcessClock) : Environment.CpuUsage.TotalTime;

    /// <summary>Of the calling thread; of the whole process where the system has no such clock here.</summary>
    public static TimeSpan Thread => OperatingSystem.IsLinux() ? Read(ThreadClock) : Environment.CpuUsage.TotalTime;

    private static TimeSpan Read(int clock) =>
        clock_gettime(clock, out var time) == 0
            ? TimeSpan.FromTicks((time.Seconds * TimeSpan.TicksPerSecond) + (time.Nanoseconds / TimeSpan.NanosecondsPerTick))
            : throw new InvalidOperationException($"clock_gettime({clock}) failed with errno {Marshal.GetLastPInvokeError()}.");

    [LibraryImport("libc", SetLastError = true)]
    private static partial int clock_gettime(int clock, out TimeSpec time);

    [StructLayout(LayoutKind.Sequential)]
    private readonly struct TimeSpec
    {
        public readonly nint Seconds;
        public readonly nint Nanoseconds;
    }
}
