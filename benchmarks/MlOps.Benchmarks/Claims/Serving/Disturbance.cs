using System.Diagnostics;
using System.Globalization;
using MlOps.Benchmarks.Measuring;

namespace MlOps.Benchmarks.Claims.Serving;

/// <summary>How much of a core this process does not get when it wants one: what passed time is worth on a shared machine.</summary>
internal static class Disturbance
{
    private static readonly TimeSpan Time = TimeSpan.FromMilliseconds(300);

    /// <summary>Passed time over processor time of one busy thread; 1 on a quiet machine.</summary>
    public static double Measure()
    {
        var worked = CpuClock.Thread;
        long begin = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(begin) < Time)
        {
            // Works.
        }

        return Stopwatch.GetElapsedTime(begin) / (CpuClock.Thread - worked);
    }

    public static string Describe() => string.Create(CultureInfo.InvariantCulture, $"a busy thread gets a core 1/{Measure():F2} of the time");
}
