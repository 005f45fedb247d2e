using System.Globalization;
using MlOps.Benchmarks.Claims.Support;
using MlOps.Benchmarks.Measuring;
using MlOps.Crash.Tests;
using MlOps.Registry;

namespace MlOps.Benchmarks.Claims.Registry;

internal static class RegistryClaims
{
    private const string Bare = "bare SQLite transaction";
    private static readonly PairedOptions Durable = new() { Rounds = 100, Operations = 6, WarmUp = TimeSpan.FromSeconds(1) };

    public static IEnumerable<IClaim> All =>
    [
        new Claim(
            "registry.alias-move",
            "rate of durable, audited alias moves over that of a bare SQLite IMMEDIATE transaction of two rows with synchronous=FULL, one caller",
            "at least 0.70 x",
            AliasAsync),
        new Claim(
            "registry.register",
            "rate of durable registrations of a version (with manifest, events, audit) over the same bare transaction, one caller",
            "at least 0.70 x",
            RegisterAsync),
        new Claim(
            "registry.metrics",
            "metric points per second that a run logs and flushes durably; beside them one row per point in a bare transaction",
            "at least 200,000/s",
            MetricsAsync),
        new Claim(
            "registry.artifacts-put",
            "rate of storing a file of 32 MiB over that of copying it, hashing it with SHA-256 and fsync",
            "at least 0.80 x",
            (context, stop) => ArtifactSpeed.MeasureAsync(context, reads: false, stop)),
        new Claim(
            "registry.artifacts-get",
            "rate of reading a stored file of 32 MiB, verified, into another file over that of copying it and hashing it with SHA-256",
            "at least 0.80 x",
            (context, stop) => ArtifactSpeed.MeasureAsync(context, reads: true, stop)),
        new Claim(
            "registry.crash",
            "acknowledged writes lost, half-visible versions, missing blobs or broken audit chains after 100 SIGKILLs of a process with four writers",
            "0",
            CrashAsync),
    ];

    private static async Task<ClaimResult> AliasAsync(ClaimContext context, CancellationToken stop)
    {
        await using var host = new ClaimHost(context.Folder);
        using var bare = new BareDatabase(context.Folder);
        var registry = host.Environment.Get<IModelRegistry>();
        var versions = new[] { await AddVersionAsync(host, 0, stop), await AddVersionAsync(host, 1, stop) };
        return await CompareAsync(
            bare, "One alias move", "alias move", async number => (await registry.SetAliasAsync(versions[number % 2], "champion", "claim")).To.GetHashCode(), stop);
    }

    private static async Task<ClaimResult> RegisterAsync(ClaimContext context, CancellationToken stop)
    {
        await using var host = new ClaimHost(context.Folder);
        using var bare = new BareDatabase(context.Folder);
        // The blobs of the version are there already: their cost is registry.artifacts-put.
        var draft = await DraftAsync(host, 0, stop);
        var registry = host.Environment.Get<IModelRegistry>();
        return await CompareAsync(
            bare, "One registration", "registration",
            async number => (await registry.RegisterAsync(draft with { Description = $"number {number}" })).Version, stop);
    }

    private static async Task<ClaimResult> CompareAsync(BareDatabase bare, string title, string name, Func<int, Task<int>> act, CancellationToken stop)
    {
        var result = await Paired.MeasureAsync(
            Durable,
            [
                (Bare, (start, count) =>
                {
                    long sum = 0;
                    for (int i = start; i < start + count; i++)
                        sum += bare.Change(i);
                    return Task.FromResult(sum);
                }),
                (name, async (start, count) =>
                {
                    long sum = 0;
                    for (int i = start; i < start + count; i++)
                        sum += await act(i);
                    return sum;
                }),
            ],
            stop);
        double rate = 1 / result.WallRatio(name, Bare);
        return ClaimResult.AtLeast(rate, 0.7, string.Create(CultureInfo.InvariantCulture, $"{rate:F2} x"), result.ToDetail(title, Bare));
    }

    private static async Task<ClaimResult> MetricsAsync(ClaimContext context, CancellationToken stop)
    {
        const int points = 200_000;
        const string logged = "run";
        await using var host = new ClaimHost(context.Folder);
        using var bare = new BareDatabase(context.Folder);
        await using var run = await host.Environment.Get<IExperiments>().StartRunAsync("claims", cancellationToken: stop);
        string[] names = [.. Enumerable.Range(0, 10).Select(i => $"metric{i}")];
        var result = await Paired.MeasureAsync(
            new PairedOptions { Rounds = 12, Operations = points, WarmUp = TimeSpan.FromSeconds(1) },
            [
                ("one row per point, bare", (start, count) => Task.FromResult(bare.Change(start, count))),
                (logged, async (start, count) =>
                {
                    for (int i = start; i < start + count; i++)
                        run.LogMetric(names[i % names.Length], i * 0.5, i / names.Length);
                    await run.FlushAsync();
                    return count;
                }),
            ],
            stop);
        double rate = 1e9 / result[logged].WallNanoseconds;
        return ClaimResult.AtLeast(
            rate, 200_000, string.Create(CultureInfo.InvariantCulture, $"{rate:N0}/s"), result.ToDetail("One metric point of 200,000, flushed", "one row per point, bare"));
    }

    private static async Task<ClaimResult> CrashAsync(ClaimContext context, CancellationToken stop)
    {
        const int kills = 100;
        var (acknowledged, broken) = await StoreKills.RunAsync(context.Folder, kills, context.Seed);
        foreach (string promise in broken.Take(10))
            context.Report(promise);
        return ClaimResult.AtMost(
            broken.Count, 0, string.Create(CultureInfo.InvariantCulture, $"{broken.Count} of {acknowledged:N0}"),
            new ClaimDetail("Kills", ["SIGKILLs", "writes acknowledged", "promises broken"], [[$"{kills}", $"{acknowledged}", $"{broken.Count}"]]));
    }

    internal static async Task<ModelVersionRef> AddVersionAsync(ClaimHost host, int number, CancellationToken stop) =>
        (await host.Environment.Get<IModelRegistry>().RegisterAsync(await DraftAsync(host, number, stop), stop)).Ref;

    private static ValueTask<ModelVersionDraft> DraftAsync(ClaimHost host, int number, CancellationToken stop) =>
        new ModelVersionBuilder(host.Environment.Context.Artifacts, "claim")
            .WithOnnx(MlOps.Serving.Tests.OnnxModels.Scale(number, 2), ["a", "b"])
            .WithMetrics(new Dictionary<string, double> { ["auc"] = 0.8 })
            .WithTags(("owner", "claims"))
            .BuildAsync(stop);
}
