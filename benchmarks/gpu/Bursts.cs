using System.Diagnostics;

namespace MlOps.Benchmarks.Gpu;

/// <summary>Times short bursts of calls; the lower quartile is what the machine does when nobody disturbs.</summary>
internal static class Bursts
{
    public static double LowerQuartile(Action call, TimeSpan budget)
    {
        for (var i = 0; i < 3; i++)
            call();
        var begin = Stopwatch.GetTimestamp();
        call();
        var once = Math.Max(Stopwatch.GetElapsedTime(begin).TotalSeconds, 1e-7);
        var perBurst = Math.Clamp((int)(0.002 / once), 1, 1000);
        var times = new List<double>();
        begin = Stopwatch.GetTimestamp();
        do
        {
            var start = Stopwatch.GetTimestamp();
            for (var i = 0; i < perBurst; i++)
                call();
            times.Add(Stopwatch.GetElapsedTime(start).TotalSeconds / perBurst);
        }
        while (Stopwatch.GetElapsedTime(begin) < budget || times.Count < 5);
        times.Sort();
        return times[times.Count / 4];
    }
}
