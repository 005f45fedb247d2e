using System.Diagnostics;
using System.Globalization;
using MlOps.Benchmarks.Measuring;
using MlOps.Features;
using MlOps.Features.Tests;
using MlOps.Files;

namespace MlOps.Benchmarks.Claims.Features;

/// <summary>What the online store promises: reads, writes, memory, restarts, and that a read beside a writer is never torn.</summary>
internal static class OnlineClaims
{
    public static IEnumerable<IClaim> All =>
    [
        new Claim("features.online-vector", "CPU of reading 50 features of 1 of 200,000 entities online; bytes allocated must be 0", "at most 0.5 us, 0 B", (context, stop) => OnlineVectors.MeasureAsync(context, 1, 0.5, false, stop)),
        new Claim("features.online-vectors", "CPU of reading 50 features of 100 of 200,000 entities in one call; bytes allocated must be 0", "at most 30 us, 0 B", (context, stop) => OnlineVectors.MeasureAsync(context, 100, 30, false, stop)),
        new Claim("features.online-vectors-beside-writer", "CPU of the same beside a writer of 200,000 rows/s", "at most 30 us, 0 B", (context, stop) => OnlineVectors.MeasureAsync(context, 100, 30, true, stop)),
        new Claim("features.online-window", "CPU of reading count, sum, mean, min and max over 7 days (168 tiles) of one entity; bytes allocated must be 0", "at most 0.5 us, 0 B", WindowAsync),
        new Claim("features.online-memory", "bytes of an entity with 9 live tiles of count, sum, mean, min, max: blocks, header, table and key", "at most 1 KB", MemoryAsync),
        new Claim("features.stream-apply", "events per CPU second and core, applied to five windows of 100,000 entities in memory", "at least 3 M/s", ApplyAsync),
        new Claim("features.online-torn", "torn reads in 60 seconds of reading beside writers", "0", TornAsync),
        new Claim("features.online-reopen", "time to open 1,000,000 entities with 50 features from their snapshot", "at most 1 s", ReopenAsync),
        new Claim("features.online-parity", "histories with a difference between online reads (streams, materialisation, restarts, reads within the lag) and brute force, bit for bit, over 10 M values", "0", ParityAsync),
    ];

    private static FeatureWindow[] FiveWindows { get; } = [FeatureWindow.Hours(1), FeatureWindow.Hours(6), FeatureWindow.Hours(24), FeatureWindow.Days(3), FeatureWindow.Days(7)];

    private static Task<ClaimResult> WindowAsync(ClaimContext context, CancellationToken stop)
    {
        var view = FeatureView.Define("w").Key("key").EventTime("at").Aggregate("value", [AggregateFunction.Count, AggregateFunction.Sum, AggregateFunction.Mean, AggregateFunction.Min, AggregateFunction.Max], scale: 1, windows: FeatureWindow.Days(7)).Build();
        const int entities = 1_000;
        const long hour = 3_600_000_000;
        var state = new OnlineState(view.Plan, new FeatureStoreOptions { SettlingRows = 1 }, TimeProvider.System);
        string[] names = [.. Enumerable.Range(0, entities).Select(i => $"entity-{i}")];
        var start = Timestamp.Utc(2001, 1, 1).Microseconds;
        var random = new Random(context.Seed);
        for (int h = 0; h < 8 * 24; h++)
        {
            for (int repeat = 0; repeat < 3; repeat++)
                state.Apply(Batch(view, names, Enumerable.Range(0, entities), _ => start + (h * hour) + random.NextInt64(hour), () => random.Next(1000)));
        }

        long now = start + (8 * 24 * hour);
        var program = state.Program([0, 1, 2, 3, 4]);
        long[] handles = [.. names.Select(name => state.Find(name))];
        float[] values = new float[5];
        const string read = "5 aggregates over 7 days";
        var result = Paired.Measure(new PairedOptions { Rounds = 40 }, (read, (at, count) =>
        {
            double sum = 0;
            for (int i = at; i < at + count; i++)
            {
                state.Read(handles[(uint)i * 2654435761u % entities], now, program, values);
                sum += values[4];
            }

            return (long)sum;
        }));
        double microseconds = result[read].CpuNanoseconds / 1000;
        return Task.FromResult(new ClaimResult(
            microseconds, string.Create(CultureInfo.InvariantCulture, $"{microseconds:F3} us, {result[read].AllocatedBytes:0.###} B"), microseconds <= 0.5 && result[read].AllocatedBytes == 0,
            result.ToDetail("One read; count was " + values[0].ToString(CultureInfo.InvariantCulture), read)));
    }

    private static Task<ClaimResult> MemoryAsync(ClaimContext context, CancellationToken stop)
    {
        var view = FeatureView.Define("m").Key("key").EventTime("at").Aggregate("value", [AggregateFunction.Count, AggregateFunction.Sum, AggregateFunction.Mean, AggregateFunction.Min, AggregateFunction.Max], scale: 1, windows: FeatureWindow.Hours(9)).Build();
        const int entities = 100_000;
        long before = GC.GetTotalMemory(true);
        var state = new OnlineState(view.Plan, new FeatureStoreOptions { SettlingRows = 1, ReadLag = TimeSpan.Zero }, TimeProvider.System);
        // The keys are the state's own: the batches' texts are gone at the end.
        var start = Timestamp.Utc(2001, 1, 1).Microseconds;
        for (int h = 0; h < 9; h++)
        {
            string[] names = [.. Enumerable.Range(0, entities).Select(i => $"entity-{i}")];
            for (int repeat = 0; repeat < 3; repeat++)
                state.Apply(Batch(view, names, Enumerable.Range(0, entities), _ => start + (h * 3_600_000_000L) + repeat, () => h));
        }

        long after = GC.GetTotalMemory(true);
        float[] values = new float[5];
        state.Read(state.Find("entity-77"), start + (8 * 3_600_000_000L) + 10, state.Program([0, 1, 2, 3, 4]), values);
        if (values[0] != 27)
            throw new InvalidOperationException($"27 rows were applied, {values[0]} are counted.");
        double live = (double)state.LiveBytes / entities, heap = (double)(after - before) / entities;
        return Task.FromResult(ClaimResult.AtMost(
            heap, 1024, string.Create(CultureInfo.InvariantCulture, $"{heap:F0} B"),
            new ClaimDetail("Bytes per entity", ["managed heap, keys included", "counted live", "of these key, table and header"],
                [[heap.ToString("F0", CultureInfo.InvariantCulture), live.ToString("F0", CultureInfo.InvariantCulture), ((double)state.Entities.Bytes / entities).ToString("F0", CultureInfo.InvariantCulture)]])));
    }

    private static Task<ClaimResult> ApplyAsync(ClaimContext context, CancellationToken stop)
    {
        var view = FeatureView.Define("s").Key("key").EventTime("at").Aggregate("value", [AggregateFunction.Count, AggregateFunction.Sum, AggregateFunction.Mean], scale: 1, windows: FiveWindows).Build();
        const int entities = 100_000, rows = 10_000_000, batch = 100_000;
        var random = new Random(context.Seed);
        string[] names = [.. Enumerable.Range(0, entities).Select(i => $"entity-{i}")];
        var start = Timestamp.Utc(2001, 1, 1).Microseconds;
        long step = 8L * 86_400_000_000 / rows;
        var batches = Enumerable.Range(0, rows / batch).Select(b => Batch(
            view, names, Enumerable.Range(0, batch).Select(_ => random.Next(entities)), row => start + (((long)b * batch) + row - random.Next(100)) * step, () => random.Next(1000))).ToArray();
        double best = 0;
        for (int round = 0; round < 3; round++)
        {
            var state = new OnlineState(view.Plan, new FeatureStoreOptions(), TimeProvider.System);
            GC.Collect();
            var cpu = CpuClock.Thread;
            foreach (var rowsOfBatch in batches)
                state.Apply(rowsOfBatch);
            double rate = rows / (CpuClock.Thread - cpu).TotalSeconds;
            context.Report(string.Create(CultureInfo.InvariantCulture, $"{rate / 1e6:F2} M/s, {state.LiveBytes / entities} B an entity"));
            best = Math.Max(best, rate);
        }

        return Task.FromResult(ClaimResult.AtLeast(best, 3e6, string.Create(CultureInfo.InvariantCulture, $"{best / 1e6:F2} M/s")));
    }

    private static async Task<ClaimResult> TornAsync(ClaimContext context, CancellationToken stop)
    {
        var (reads, rows, torn) = await OnlineStress.RunAsync(TimeSpan.FromSeconds(60), context.Seed, stop);
        return ClaimResult.AtMost(
            torn, 0, string.Create(CultureInfo.InvariantCulture, $"{torn} of {reads:N0} reads"),
            new ClaimDetail("Stress", ["reads", "rows written", "torn"], [[reads.ToString("N0", CultureInfo.InvariantCulture), rows.ToString("N0", CultureInfo.InvariantCulture), $"{torn}"]]));
    }

    private static async Task<ClaimResult> ReopenAsync(ClaimContext context, CancellationToken stop)
    {
        const int entities = 1_000_000;
        var view = OnlineVectors.View();
        var files = new PhysicalFileSystem();
        string folder = Path.Combine(context.Folder, "r");
        using (var online = new OnlineView(files, folder, view.Plan, new FeatureStoreOptions(), TimeProvider.System))
        {
            await online.OpenAsync(stop);
            OnlineVectors.Fill(online.State!, view, entities, context.Seed);
            await online.ChangeAsync(former => (former, true), stop);
        }

        context.Report("written");
        var rounds = new List<string[]>();
        double best = double.MaxValue;
        for (int round = 0; round < 3; round++)
        {
            GC.Collect();
            using var online = new OnlineView(files, folder, view.Plan, new FeatureStoreOptions(), TimeProvider.System);
            var clock = Stopwatch.StartNew();
            var cpu = CpuClock.Process;
            await online.OpenAsync(stop);
            double seconds = clock.Elapsed.TotalSeconds;
            if (online.State!.Entities.Count != entities || online.State.Find("entity-999999") < 0)
                throw new InvalidOperationException($"{online.State.Entities.Count} entities were read.");
            best = Math.Min(best, seconds);
            rounds.Add([seconds.ToString("F2", CultureInfo.InvariantCulture), (CpuClock.Process - cpu).TotalSeconds.ToString("F2", CultureInfo.InvariantCulture)]);
        }

        return ClaimResult.AtMost(
            best, 1, string.Create(CultureInfo.InvariantCulture, $"{best:F2} s"),
            new ClaimDetail(string.Create(CultureInfo.InvariantCulture, $"Opening {new FileInfo(Directory.GetFiles(folder, "snapshot*")[0]).Length:N0} bytes"), ["seconds", "CPU seconds"], rounds));
    }

    private static Task<ClaimResult> ParityAsync(ClaimContext context, CancellationToken stop)
    {
        const int histories = 100_000;
        long comparisons = 0;
        var differences = new System.Collections.Concurrent.ConcurrentBag<string>();
        Parallel.For(0, histories, new ParallelOptions { CancellationToken = stop }, seed =>
        {
            try
            {
                // Other seeds than those of the tests.
                Interlocked.Add(ref comparisons, OnlineParity.Run(3_000_000 + seed));
                Interlocked.Add(ref comparisons, OnlineParity.RunWithinTheLag(3_000_000 + seed).Compared);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                differences.Add(e.Message);
            }
        });
        foreach (string difference in differences.Take(5))
            context.Report(difference);
        return Task.FromResult(ClaimResult.AtMost(
            differences.Count, 0, string.Create(CultureInfo.InvariantCulture, $"{differences.Count} of {comparisons:N0} values"),
            new ClaimDetail("Parity", ["histories", "values compared", "histories with a difference"],
                [[(2 * histories).ToString("N0", CultureInfo.InvariantCulture), comparisons.ToString("N0", CultureInfo.InvariantCulture), $"{differences.Count}"]])));
    }

    private static DataFrame Frame(string[] names, IEnumerable<int> entities, Func<int, long> time, Func<int> value)
    {
        int[] chosen = [.. entities];
        return new DataFrame(
            DataColumn.Create("key", chosen.Select(entity => names[entity]).ToArray()),
            DataColumn.Create("at", chosen.Select((_, row) => new Timestamp(time(row))).ToArray()),
            DataColumn.Create("value", chosen.Select(_ => (double)value()).ToArray()));
    }

    private static RowBatch Batch(FeatureView view, string[] names, IEnumerable<int> entities, Func<int, long> time, Func<int> value) =>
        RowBatchReader.Read(view.Plan, Frame(names, entities, time, value));
}
