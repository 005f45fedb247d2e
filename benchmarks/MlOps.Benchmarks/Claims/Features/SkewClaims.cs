using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using MlOps.Benchmarks.Claims.Support;
using MlOps.Benchmarks.Measuring;
using MlOps.Features;

namespace MlOps.Benchmarks.Claims.Features;

internal static class SkewClaims
{
    private const int Entities = 20_000;
    private const int Features = 50;
    private static readonly Timestamp Now = Timestamp.Utc(2001, 1, 2);

    public static IEnumerable<IClaim> All =>
    [
        new Claim(
            "features.skew-overhead",
            "CPU of an online read of 50 features of 1 entity with one key in 64 logged for the skew audit, over the same read without the log; bytes allocated must be 0",
            "at most 1.15 x, 0 B",
            OverheadAsync),
        new Claim(
            "features.skew-audit",
            "logged vectors of 50 features recomputed from the offline store and compared, per second, 50,000 vectors without a difference",
            "at least 50 k/s",
            AuditAsync),
    ];

    private static async Task<ClaimResult> OverheadAsync(ClaimContext context, CancellationToken stop)
    {
        const string silent = "without the log";
        const string logging = "1/64 logged";
        await using var without = Host(Path.Combine(context.Folder, "without"), options => { });
        await using var with = Host(Path.Combine(context.Folder, "with"), options =>
        {
            options.IsEnabled = true;
            // The batch is not handed over during the measurement; what finds no room is dropped, and costs the same lock.
            options.BufferedVectors = 1 << 16;
            options.FlushEvery = TimeSpan.FromHours(1);
        });
        var rows = Rows(context.Seed);
        var sources = new Dictionary<string, IFeatureVectorSource>(StringComparer.Ordinal);
        foreach (var (name, host) in new[] { (silent, without), (logging, with) })
        {
            await host.Environment.Features.IngestAsync("view", rows, "all", stop);
            await host.Environment.Features.MaterializeAsync("service", Now, cancellationToken: stop);
            sources[name] = await host.Environment.Features.GetVectorSourceAsync("service", stop);
        }

        string[][] asked = Asked(context.Seed, 4096);
        float[] vector = new float[Features];
        var result = Paired.Measure(new PairedOptions { Rounds = 80 }, (silent, Burst(sources[silent])), (logging, Burst(sources[logging])));
        var status = with.Environment.Features.Skew.Status;
        if (status.Logged == 0)
            throw new InvalidOperationException("No vector was logged.");
        double ratio = result.CpuRatio(logging, silent);
        double bytes = result[logging].AllocatedBytes;
        return new ClaimResult(
            ratio, string.Create(CultureInfo.InvariantCulture, $"{ratio:F2} x, {bytes:F0} B"), ratio <= 1.15 && bytes == 0,
            result.ToDetail("One read of 50 features of 1 entity, keys rotating over 4,096", silent));

        Burst Burst(IFeatureVectorSource source) => (at, count) =>
        {
            double sum = 0;
            for (int i = at; i < at + count; i++)
            {
                if (!source.ReadAsync(asked[i & 4095], Now, vector).IsCompletedSuccessfully)
                    throw new InvalidOperationException("An online read was not there at once.");
                sum += vector[1];
            }

            return (long)sum;
        };
    }

    private static async Task<ClaimResult> AuditAsync(ClaimContext context, CancellationToken stop)
    {
        const int vectors = 50_000;
        await using var host = Host(context.Folder, options =>
        {
            options.IsEnabled = true;
            options.SampleRate = 1;
            options.BufferedVectors = 1 << 16;
        });
        var features = host.Environment.Features;
        await features.IngestAsync("view", Rows(context.Seed), "all", stop);
        await features.MaterializeAsync("service", Now, cancellationToken: stop);
        var source = await features.GetVectorSourceAsync("service", stop);
        float[] vector = new float[Features];
        foreach (string[] keys in Asked(context.Seed, vectors))
            await source.ReadAsync(keys, Now, vector, stop);
        await features.Skew.FlushAsync(stop);
        var best = TimeSpan.MaxValue;
        for (int round = 0; round < 5; round++)
        {
            var watch = Stopwatch.StartNew();
            var report = await features.Skew.AuditAsync("service", Timestamp.MinValue, Timestamp.MaxValue, cancellationToken: stop);
            best = watch.Elapsed < best ? watch.Elapsed : best;
            if (report.Vectors != vectors || report.Different != 0 || report.Values != vectors * (long)Features)
                throw new InvalidOperationException($"{report.Different} of {report.Values} values of {report.Vectors} vectors differ.");
        }

        double rate = vectors / best.TotalSeconds;
        return ClaimResult.AtLeast(rate, 50_000, string.Create(CultureInfo.InvariantCulture, $"{rate / 1e3:F0} k/s"), new ClaimDetail(
            "Skew audit", ["vectors", "features", "seconds (best of 5)"],
            [[vectors.ToString("N0", CultureInfo.InvariantCulture), $"{Features}", best.TotalSeconds.ToString("F2", CultureInfo.InvariantCulture)]]));
    }

    private static ClaimHost Host(string folder, Action<SkewAuditOptions> configure) => new(folder, mlops =>
    {
        mlops.Services.Configure<FeatureStoreOptions>(options => configure(options.SkewAudit));
        mlops.AddFeatureView("view", view =>
        {
            view.Key("key").EventTime("at").Windows(FeatureWindow.Hours(1), FeatureWindow.Hours(6), FeatureWindow.Hours(24));
            // 8 columns of two functions over three windows, and two plain values.
            for (int i = 0; i < 8; i++)
                view.Aggregate($"v{i}", [AggregateFunction.Sum, AggregateFunction.Mean]);
            view.LastValue("v0", name: "last0").LastValue("v1", name: "last1");
        });
        mlops.AddFeatureService("service", service => service.View("view"));
    });

    private static DataFrame Rows(int seed)
    {
        const int rows = 400_000;
        var random = new Random(seed);
        long start = (Now - TimeSpan.FromDays(1)).Microseconds;
        return new DataFrame(
            [
                DataColumn.Create("key", Enumerable.Range(0, rows).Select(_ => $"entity-{random.Next(Entities)}").ToArray()),
                // The newest row lies behind what is asked about, so that no request is pending.
                DataColumn.Create("at", Enumerable.Range(0, rows).Select(row => new Timestamp(start + (row * 216_001L))).ToArray()),
                .. Enumerable.Range(0, 8).Select(i => DataColumn.Create($"v{i}", Enumerable.Range(0, rows).Select(_ => random.NextDouble() * 100).ToArray())),
            ]);
    }

    private static string[][] Asked(int seed, int count)
    {
        var random = new Random(seed + 1);
        return [.. Enumerable.Range(0, count).Select(_ => new[] { $"entity-{random.Next(Entities)}" })];
    }
}
