using System.Diagnostics;
using System.Globalization;
using MlOps.Benchmarks.Claims.Support;
using MlOps.Benchmarks.Measuring;
using MlOps.Registry;

namespace MlOps.Benchmarks.Claims.Registry;

internal static class TrackingClaims
{
    private const double CallMicroseconds = 200;
    private static readonly string[] Names = [.. Enumerable.Range(0, 10).Select(i => $"metric{i}")];

    public static IEnumerable<IClaim> All =>
    [
        new Claim(
            "registry.log-call",
            "99th percentile of one LogMetric call out of 2,000,000, at up to 100,000 calls a second, while the points are committed in the background",
            "at most 200 us",
            LatencyAsync),
        new Claim(
            "registry.log-durable",
            "time passed per LogMetric with its own FlushAsync (durable on return) where 64 runs do so at once and share commits; beside it a bare SQLite transaction of one row",
            "at most 200 us",
            DurableAsync),
        new Claim(
            "registry.log-allocation",
            "bytes that the calling thread allocates per LogMetric after warm-up, flushes in the background going on",
            "0 B",
            AllocationAsync),
        new Claim(
            "registry.log-batches",
            "metric points per second logged in batches of 10 names and flushed durably; beside them one row per point in a bare transaction",
            "at least 200,000/s",
            BatchesAsync),
        new Claim(
            "registry.log-overhead",
            "processor time of a training loop of 1 ms steps that logs five metrics a step and the machine every second, background writes included, over the same loop without a run",
            "at most 1.02 x",
            OverheadAsync),
    ];

    private static async Task<ClaimResult> LatencyAsync(ClaimContext context, CancellationToken stop)
    {
        const int calls = 2_000_000;
        const int callsPerMillisecond = 100;
        await using var host = new ClaimHost(context.Folder);
        await using var run = await host.Environment.Get<IExperiments>().StartRunAsync("claims", cancellationToken: stop);
        for (int i = 0; i < 200_000; i++)
            run.LogMetric(Names[i % Names.Length], i, i);
        await run.FlushAsync(stop);

        long[] ticks = new long[calls];
        long begun = Stopwatch.GetTimestamp();
        for (int i = 0; i < calls; i++)
        {
            // A loop that only logs would measure the bound of the buffer; a training loop has something else to do, too.
            while (i % callsPerMillisecond == 0 && Stopwatch.GetElapsedTime(begun).TotalMilliseconds < i / callsPerMillisecond)
                Thread.SpinWait(20);
            long before = Stopwatch.GetTimestamp();
            run.LogMetric(Names[i % Names.Length], i * 0.5, 200_000 + i);
            ticks[i] = Stopwatch.GetTimestamp() - before;
        }

        await run.FlushAsync(stop);
        Array.Sort(ticks);
        double p99 = Microseconds(0.99);
        return ClaimResult.AtMost(
            p99, CallMicroseconds, string.Create(CultureInfo.InvariantCulture, $"{p99:F2} us"),
            new ClaimDetail("One LogMetric call", ["p50", "p99", "p99.9", "longest"],
                [[Text(Microseconds(0.5)), Text(p99), Text(Microseconds(0.999)), Text(Microseconds(1))]]));

        double Microseconds(double share) => ticks[(int)(share * (calls - 1))] * 1e6 / Stopwatch.Frequency;

        static string Text(double microseconds) => string.Create(CultureInfo.InvariantCulture, $"{microseconds:F2} us");
    }

    private static async Task<ClaimResult> DurableAsync(ClaimContext context, CancellationToken stop)
    {
        const int writers = 64;
        const string bareName = "bare transaction, one caller";
        const string name = "64 runs at once";
        await using var host = new ClaimHost(context.Folder);
        using var bare = new BareDatabase(context.Folder);
        var experiments = host.Environment.Get<IExperiments>();
        var runs = new List<IRun>();
        for (int i = 0; i < writers; i++)
            runs.Add(await experiments.StartRunAsync("claims", new RunOptions { SystemMetricsInterval = null }, stop));
        var result = await Paired.MeasureAsync(
            new PairedOptions { Rounds = 20, Operations = writers * 8, WarmUp = TimeSpan.FromSeconds(1) },
            [
                (bareName, (start, count) =>
                {
                    long sum = 0;
                    for (int i = start; i < start + count; i++)
                        sum += bare.Change(i);
                    return Task.FromResult(sum);
                }),
                (name, async (start, count) =>
                {
                    await Task.WhenAll(runs.Select(run => Task.Run(async () =>
                    {
                        for (int i = 0; i < count / writers; i++)
                        {
                            run.LogMetric("loss", i, start + i);
                            await run.FlushAsync(stop);
                        }
                    }, stop)));
                    return count;
                }),
            ],
            stop);
        foreach (var run in runs)
            await run.DisposeAsync();
        double microseconds = result[name].WallNanoseconds / 1e3;
        return ClaimResult.AtMost(
            microseconds, CallMicroseconds, string.Create(CultureInfo.InvariantCulture, $"{microseconds:F0} us"), result.ToDetail("One durable metric point", bareName));
    }

    private static async Task<ClaimResult> AllocationAsync(ClaimContext context, CancellationToken stop)
    {
        const int calls = 100_000;
        await using var host = new ClaimHost(context.Folder);
        await using var run = await host.Environment.Get<IExperiments>().StartRunAsync("claims", cancellationToken: stop);
        double least = double.MaxValue;
        for (int round = 0; round < 8; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < calls; i++)
                run.LogMetric(Names[i % Names.Length], i, i);
            least = Math.Min(least, (GC.GetAllocatedBytesForCurrentThread() - before) / (double)calls);
            await run.FlushAsync(stop);
        }

        return ClaimResult.AtMost(least, 0, string.Create(CultureInfo.InvariantCulture, $"{least:F3} B"));
    }

    private static async Task<ClaimResult> BatchesAsync(ClaimContext context, CancellationToken stop)
    {
        const int points = 200_000;
        const string bareName = "one row per point, bare";
        const string name = "batches of 10";
        await using var host = new ClaimHost(context.Folder);
        using var bare = new BareDatabase(context.Folder);
        await using var run = await host.Environment.Get<IExperiments>().StartRunAsync("claims", cancellationToken: stop);
        var batch = new KeyValuePair<string, double>[Names.Length];
        var result = await Paired.MeasureAsync(
            new PairedOptions { Rounds = 12, Operations = points, WarmUp = TimeSpan.FromSeconds(1) },
            [
                (bareName, (start, count) => Task.FromResult(bare.Change(start, count))),
                (name, async (start, count) =>
                {
                    for (int i = start; i < start + count; i += batch.Length)
                    {
                        for (int j = 0; j < batch.Length; j++)
                            batch[j] = new(Names[j], i + j);
                        run.LogMetrics(batch, i / batch.Length);
                    }

                    await run.FlushAsync(stop);
                    return count;
                }),
            ],
            stop);
        double rate = 1e9 / result[name].WallNanoseconds;
        return ClaimResult.AtLeast(
            rate, 200_000, string.Create(CultureInfo.InvariantCulture, $"{rate:N0}/s"), result.ToDetail("One metric point of 200,000, flushed", bareName));
    }

    private static async Task<ClaimResult> OverheadAsync(ClaimContext context, CancellationToken stop)
    {
        const string bareName = "no run";
        const string name = "with a run";
        await using var host = new ClaimHost(context.Folder);
        await using var run = await host.Environment.Get<IExperiments>()
            .StartRunAsync("claims", new RunOptions { SystemMetricsInterval = TimeSpan.FromSeconds(1) }, stop);
        int work = WorkOfOneMillisecond();
        var result = await Paired.MeasureAsync(
            new PairedOptions { Rounds = 30, Operations = 100, WarmUp = TimeSpan.FromSeconds(1) },
            [
                (bareName, (start, count) =>
                {
                    double sum = 0;
                    for (int i = 0; i < count; i++)
                        sum += Work(work, start + i);
                    return Task.FromResult((long)sum);
                }),
                (name, (start, count) =>
                {
                    double sum = 0;
                    for (int i = 0; i < count; i++)
                    {
                        double loss = Work(work, start + i);
                        sum += loss;
                        for (int j = 0; j < 5; j++)
                            run.LogMetric(Names[j], loss + j, start + i);
                    }

                    return Task.FromResult((long)sum);
                }),
            ],
            stop);
        double ratio = result.CpuRatio(name, bareName);
        return ClaimResult.AtMost(ratio, 1.02, string.Create(CultureInfo.InvariantCulture, $"{ratio:F3} x"), result.ToDetail("One step", bareName));
    }

    private static int WorkOfOneMillisecond()
    {
        int work = 1_000;
        while (true)
        {
            long before = Stopwatch.GetTimestamp();
            double sum = Work(work, 1);
            if (sum != 0 && Stopwatch.GetElapsedTime(before) >= TimeSpan.FromMilliseconds(1))
                return work;
            work += work / 4;
        }
    }

    private static double Work(int rounds, int seed)
    {
        double sum = seed + 1;
        for (int i = 1; i <= rounds; i++)
            sum += Math.Sqrt(i) / (i + sum);
        return sum;
    }
}
