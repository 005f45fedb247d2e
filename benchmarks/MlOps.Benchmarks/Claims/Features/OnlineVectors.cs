using System.Diagnostics;
using System.Globalization;
using MlOps.Benchmarks.Measuring;
using MlOps.Features;
using MlOps.Features.Tests;

namespace MlOps.Benchmarks.Claims.Features;

/// <summary>Vectors of 50 plain features, read by key.</summary>
internal static class OnlineVectors
{
    private const int Features = 50;
    private const int Entities = 200_000;
    private const int Requests = 4096;
    private static readonly Timestamp Start = Timestamp.Utc(2001, 1, 1);

    public static async Task<ClaimResult> MeasureAsync(ClaimContext context, int atOnce, double bound, bool besideWriter, CancellationToken stop)
    {
        const string store = "feature store";
        const string plain = "dictionary look-ups and copies";
        var view = View();
        using var online = new OnlineView(new MemoryFiles(), "/v", view.Plan, new FeatureStoreOptions { ReadLag = TimeSpan.Zero, SettlingRows = 1 }, TimeProvider.System);
        await online.OpenAsync(stop);
        var values = Fill(online.State!, view, Entities, context.Seed);
        var source = new FeatureVectorSource("v", ["key"], view.FeatureNames, [new FeatureVectorSource.Part(online, [0], [.. Enumerable.Range(0, Features)], 0)]);
        var random = new Random(context.Seed + 1);
        // Texts of their own, as requests bring them.
        var asked = Enumerable.Range(0, Requests).Select(_ => Enumerable.Range(0, atOnce).Select(_ => $"entity-{random.Next(Entities)}").ToArray()).ToArray();
        float[] copied = new float[Features * atOnce], vector = new float[Features * atOnce];
        var numbers = Enumerable.Range(0, Entities).ToDictionary(i => $"entity-{i}", StringComparer.Ordinal);
        var now = Start + TimeSpan.FromDays(1);
        using var end = new CancellationTokenSource();
        var writer = besideWriter ? Task.Run(() => Write(online.State!, view, context.Seed, end.Token), stop) : Task.FromResult(0L);
        var clock = Stopwatch.StartNew();
        var result = Paired.Measure(
            new PairedOptions { Rounds = 60 },
            (plain, (at, count) =>
            {
                for (int i = at; i < at + count; i++)
                {
                    string[] keys = asked[i & (Requests - 1)];
                    for (int k = 0; k < keys.Length; k++)
                        values.AsSpan(numbers[keys[k]] * Features, Features).CopyTo(copied.AsSpan(k * Features));
                }

                return (long)copied[0];
            }),
            (store, (at, count) =>
            {
                double sum = 0;
                for (int i = at; i < at + count; i++)
                {
                    string[] keys = asked[i & (Requests - 1)];
                    var task = atOnce == 1 ? source.ReadAsync(keys, now, vector, default) : source.ReadManyAsync(keys, now, vector, default);
                    if (!task.IsCompletedSuccessfully)
                        throw new InvalidOperationException("An online read was not there at once.");
                    sum += vector[1];
                }

                return (long)sum;
            }));
        double seconds = clock.Elapsed.TotalSeconds;
        await end.CancelAsync();
        long written = await writer;
        source.ReadManyAsync(asked[0], now, vector, default).GetAwaiter().GetResult();
        for (int k = 0; k < atOnce && !besideWriter; k++)
        {
            if (!vector.AsSpan(k * Features, Features).SequenceEqual(values.AsSpan(numbers[asked[0][k]] * Features, Features)))
                throw new InvalidOperationException($"{asked[0][k]} was not read as it was written.");
        }

        // The writer's processor time is not the reader's: beside it the reader's time is taken by the clock, where that is less.
        var sample = result[store];
        double microseconds = (besideWriter ? Math.Min(sample.CpuNanoseconds, sample.WallNanoseconds) : sample.CpuNanoseconds) / 1000;
        return new ClaimResult(
            microseconds, string.Create(CultureInfo.InvariantCulture, $"{microseconds:F2} us, {sample.AllocatedBytes:0.###} B"), microseconds <= bound && (besideWriter || sample.AllocatedBytes == 0),
            result.ToDetail(
                string.Create(CultureInfo.InvariantCulture, $"{Features} features of {atOnce}{(besideWriter ? $", beside {written / seconds:N0} rows/s" : "")}; the baseline copies values that somebody else has put there"), plain));
    }

    public static FeatureView View()
    {
        var view = FeatureView.Define("v").Key("key").EventTime("at");
        for (int f = 0; f < Features; f++)
            view.LastValue($"f{f}");
        return view.Build();
    }

    /// <summary>One row of random values for each entity; the values.</summary>
    public static float[] Fill(OnlineState state, FeatureView view, int entities, int seed)
    {
        var random = new Random(seed);
        float[] values = new float[entities * Features];
        for (int i = 0; i < values.Length; i++)
            values[i] = random.NextSingle();
        for (int first = 0; first < entities; first += 20_000)
        {
            int count = Math.Min(20_000, entities - first);
            state.Apply(Batch(view, [.. Enumerable.Range(first, count)], Start.Microseconds, (row, f) => values[((first + row) * Features) + f]));
        }

        return values;
    }

    // 1,000 rows every 5 milliseconds.
    private static long Write(OnlineState state, FeatureView view, int seed, CancellationToken stop)
    {
        var random = new Random(seed + 2);
        var batches = Enumerable.Range(0, 64).Select(b => Batch(view, [.. Enumerable.Range(0, 1_000).Select(_ => random.Next(Entities))], Start.Microseconds + 1 + b, (row, f) => row + f)).ToArray();
        var clock = Stopwatch.StartNew();
        long written = 0;
        while (!stop.IsCancellationRequested)
        {
            state.Apply(batches[written / 1_000 % batches.Length]);
            written += 1_000;
            var ahead = TimeSpan.FromSeconds(written / 200_000.0) - clock.Elapsed;
            if (ahead > TimeSpan.Zero)
                stop.WaitHandle.WaitOne(ahead);
        }

        return written;
    }

    private static RowBatch Batch(FeatureView view, int[] entities, long at, Func<int, int, float> value) => RowBatchReader.Read(view.Plan, new DataFrame(
    [
        DataColumn.Create("key", entities.Select(entity => $"entity-{entity}").ToArray()),
        DataColumn.Create("at", entities.Select(_ => new Timestamp(at)).ToArray()),
        .. Enumerable.Range(0, Features).Select(f => DataColumn.Create($"f{f}", entities.Select((_, row) => value(row, f)).ToArray())),
    ]));
}
