using System.Diagnostics;
using System.Globalization;
using MlOps.Benchmarks.Claims.Support;
using MlOps.Benchmarks.Measuring;
using MlOps.Features;

namespace MlOps.Benchmarks.Claims.Features;

/// <summary>Streams into five windows.</summary>
internal static class StreamClaims
{
    private const int PieceRows = 1 << 15;
    private const int Entities = 20_000;

    public static IEnumerable<IClaim> All =>
    [
        new Claim(
            "features.stream-apply",
            "events per second of one core applied in memory to five windows (count and sum; 1 h, 6 h, 1 d, 3 d, 7 d; 20,000 entities), from data frames with text keys",
            "at least 3 M/s",
            ApplyAsync),
        new Claim(
            "features.stream-durable",
            "rows per second of a stream job, durable by group commit, into five windows; beside it the same job landing the rows offline too, and a raw write and fsync of the same bytes",
            "at least 500,000/s",
            DurableAsync),
        new Claim(
            "features.stream-log",
            "rows per second made durable in a stream's replay log, 1,000 a write from 8 writers, and read back",
            "at least 500,000/s",
            LogAsync),
    ];

    private static FeatureView View { get; } = FeatureView.Define("events").Key("key").EventTime("at")
        .Windows(FeatureWindow.Hours(1), FeatureWindow.Hours(6), FeatureWindow.Days(1), FeatureWindow.Days(3), FeatureWindow.Days(7))
        .Aggregate("amount", [AggregateFunction.Count, AggregateFunction.Sum], scale: 100)
        .Build();

    private static Task<ClaimResult> ApplyAsync(ClaimContext context, CancellationToken stop)
    {
        const int pieces = 48;
        const string reading = "reading the frames alone";
        const string applying = "reading and applying";
        var frames = Pieces(context.Seed, pieces);
        var state = new OnlineState(View.Plan, new FeatureStoreOptions(), TimeProvider.System);
        int next = 0;
        var result = Paired.Measure(
            new PairedOptions { Rounds = 5, Operations = pieces, WarmUp = TimeSpan.FromSeconds(0.5) },
            (reading, (_, count) =>
            {
                long sum = 0;
                for (int i = 0; i < count; i++)
                    sum += RowBatchReader.Read(View.Plan, frames[i % pieces]).Count;
                return sum;
            }),
            (applying, (_, count) =>
            {
                // Time goes on with each round, as in a stream: the same events a week and a bit later.
                long shift = 8L * 86_400_000_000 * next++;
                for (int i = 0; i < count; i++)
                    state.Apply(RowBatchReader.Read(View.Plan, Shifted(frames[i % pieces], shift)));
                return state.Entities.Count;
            }));
        double rate = PieceRows * 1e9 / result[applying].CpuNanoseconds;
        return Task.FromResult(ClaimResult.AtLeast(
            rate, 3e6, string.Create(CultureInfo.InvariantCulture, $"{rate / 1e6:F2} M/s"), result.ToDetail($"{PieceRows:N0} events", reading)));
    }

    private static async Task<ClaimResult> DurableAsync(ClaimContext context, CancellationToken stop)
    {
        const int pieces = 64;
        var frames = Pieces(context.Seed, pieces);
        var rows = new List<IReadOnlyList<string>>();
        double best = 0;
        for (int round = 0; round < 3; round++)
        {
            foreach (bool landing in new[] { false, true })
            {
                string folder = Path.Combine(context.Folder, $"{round}-{landing}");
                await using var host = new ClaimHost(folder, mlops => mlops.AddFeatureView(View));
                using var channel = FeatureChannel.Open("events", new FeatureChannelOptions { Capacity = int.MaxValue });
                foreach (var frame in frames)
                    await channel.WriteAsync(frame, 0, stop);
                channel.Complete();
                var cpu = CpuClock.Process;
                var watch = Stopwatch.StartNew();
                await host.Environment.Features.Streams.RunAsync(
                    new StreamJob { Name = "events", View = "events", Source = channel, LandOffline = landing, LandRows = 500_000, RowsInFlight = 1 << 20 }, stop);
                double rate = pieces * PieceRows / watch.Elapsed.TotalSeconds;
                double perCore = pieces * PieceRows / (CpuClock.Process - cpu).TotalSeconds;
                if (!landing)
                    best = Math.Max(best, rate);
                rows.Add([landing ? "online and offline" : "online", Number(rate), Number(perCore)]);
                context.Report($"{rows[^1][0]}: {rows[^1][1]} rows/s, {rows[^1][2]} a core");
            }
        }

        using (var file = new FileStream(Path.Combine(context.Folder, "raw"), FileMode.Create, FileAccess.Write, FileShare.None, 1))
        {
            // Per row: entity code, event time, units; per push: the keys. As the online log has them.
            byte[] bytes = new byte[PieceRows * (4 + 8 + 8 + 4) + (Entities * 14)];
            var watch = Stopwatch.StartNew();
            for (int i = 0; i < pieces; i++)
            {
                file.Write(bytes);
                FileSystems.Sync(file);
            }

            rows.Add(["raw write + fsync of each push", Number(pieces * PieceRows / watch.Elapsed.TotalSeconds), ""]);
        }

        return ClaimResult.AtLeast(best, 500_000, Number(best) + "/s", new ClaimDetail("Two million rows", ["into", "rows/s", "rows per CPU second"], rows));
    }

    private static async Task<ClaimResult> LogAsync(ClaimContext context, CancellationToken stop)
    {
        const int writes = 1_000, size = 1_000, writers = 8;
        var frame = Pieces(context.Seed, 1)[0].Slice(0, size);
        using var channel = FeatureChannel.Open("events", new FeatureChannelOptions { LogFolder = context.Folder });
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, writers).Select(_ => Task.Run(
            async () =>
            {
                for (int i = 0; i < writes / writers; i++)
                    await channel.WriteAsync(frame, 0, stop);
            },
            stop)));
        double writing = writes * size / watch.Elapsed.TotalSeconds;
        channel.Complete();
        watch.Restart();
        long read = 0;
        await foreach (var records in channel.ReadAsync("0", -1, stop))
            read += records.Rows.RowCount;
        double reading = read / watch.Elapsed.TotalSeconds;
        return ClaimResult.AtLeast(
            writing, 500_000, Number(writing) + "/s", new ClaimDetail("One million rows", ["written durably, rows/s", "read back, rows/s"], [[Number(writing), Number(reading)]]));
    }

    private static DataFrame[] Pieces(int seed, int pieces)
    {
        var random = new Random(seed);
        string[] names = [.. Enumerable.Range(0, Entities).Select(i => $"entity-{i}")];
        long start = Timestamp.Utc(2001, 1, 1).Microseconds;
        long step = 7L * 86_400_000_000 / (pieces * PieceRows);
        return [.. Enumerable.Range(0, pieces).Select(piece => new DataFrame(
            DataColumn.Create("key", Enumerable.Range(0, PieceRows).Select(_ => names[random.Next(names.Length)]).ToArray()),
            DataColumn.Create("at", Enumerable.Range(0, PieceRows).Select(row => new Timestamp(start + (((long)piece * PieceRows) + row) * step)).ToArray()),
            DataColumn.Create("amount", Enumerable.Range(0, PieceRows).Select(_ => random.Next(100_000) / 100.0).ToArray())))];
    }

    private static DataFrame Shifted(DataFrame frame, long by)
    {
        var times = frame.Column<Timestamp>("at").Span;
        var moved = new Timestamp[times.Length];
        for (int i = 0; i < moved.Length; i++)
            moved[i] = new Timestamp(times[i].Microseconds + by);
        return frame.With(DataColumn.Create("at", moved));
    }

    private static string Number(double value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
