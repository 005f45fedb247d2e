using System.Diagnostics;
using System.Runtime.InteropServices;

namespace MlOps.Benchmarks.MlPerf;

/// <summary>
/// Waits for a moment without holding a core for longer than needed: a thread that spins through gaps of milliseconds takes the core away
/// from a model that runs on all of them.
/// </summary>
internal static partial class PreciseWait
{
    private const int SetTimerSlack = 29;

    // With the usual slack of 50 us the system wakes a thread too late for short gaps.
    private static readonly long Spun = Stopwatch.Frequency / (OperatingSystem.IsLinux() ? 33_000 : 500);

    /// <summary>Asks the system to wake the calling thread on time.</summary>
    public static void BeExact()
    {
        if (OperatingSystem.IsLinux())
            _ = prctl(SetTimerSlack, 1, 0, 0, 0);
    }

    public static void Until(long timestamp)
    {
        while (true)
        {
            long left = timestamp - Stopwatch.GetTimestamp();
            if (left <= 0)
                return;
            if (left > Spun)
                Sleep(left - (Spun / 2));
            else
                Thread.SpinWait(8);
        }
    }

    private static void Sleep(long ticks)
    {
        var time = TimeSpan.FromSeconds(ticks / (double)Stopwatch.Frequency);
        if (!OperatingSystem.IsLinux())
        {
            Thread.Sleep(time);
            return;
        }

        // Thread.Sleep knows whole milliseconds only.
        var request = new TimeSpec { Seconds = (nint)(time.Ticks / TimeSpan.TicksPerSecond), Nanoseconds = (nint)(time.Ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick) };
        _ = nanosleep(request, 0);
    }

    [LibraryImport("libc")]
    private static partial int prctl(int option, nuint value, nuint unused, nuint unusedToo, nuint unusedAsWell);

    [LibraryImport("libc")]
    private static partial int nanosleep(in TimeSpec request, nint remaining);

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
