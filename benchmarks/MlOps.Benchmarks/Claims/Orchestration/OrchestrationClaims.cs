using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using MlOps.Benchmarks.Claims.Support;
using MlOps.Benchmarks.Measuring;
using MlOps.Orchestration;

namespace MlOps.Benchmarks.Claims.Orchestration;

internal static class OrchestrationClaims
{
    private const string Bare = "bare durable commit";
    private const string Step = "pipeline step";

    public static IEnumerable<IClaim> All =>
    [
        new Claim(
            "orchestration.step-overhead",
            "rate of no-op steps of one durable chain over that of bare SQLite transactions with synchronous=FULL",
            "at least 0.80 x",
            ChainAsync),
        new Claim(
            "orchestration.parallel",
            "durable no-op steps per second of 512 runs at once, group commit, synchronous=FULL",
            "at least 20,000/s",
            ParallelAsync),
    ];

    private static async Task<ClaimResult> ChainAsync(ClaimContext context, CancellationToken stop)
    {
        await using var host = Host(context.Folder, parallel: 4);
        using var bare = new BareDatabase(context.Folder);
        var pipelines = host.Environment.Get<IPipelines>();
        var result = await Paired.MeasureAsync(
            new PairedOptions { Rounds = 20, Operations = NoOpChain.Steps, WarmUp = TimeSpan.FromSeconds(1.5) },
            [
                (Bare, (start, count) =>
                {
                    long sum = 0;
                    for (int i = start; i < start + count; i++)
                        sum += bare.Change(i);
                    return Task.FromResult(sum);
                }),
                (Step, async (start, _) =>
                {
                    var run = await pipelines.RunAsync<NoOpChain, int>(start);
                    return run.EnsureCompleted().Steps.Count;
                }),
            ],
            stop);
        double rate = 1 / result.WallRatio(Step, Bare);
        return ClaimResult.AtLeast(
            rate, 0.8, string.Create(CultureInfo.InvariantCulture, $"{rate:F2} x"),
            result.ToDetail($"One no-op step of a chain of {NoOpChain.Steps}, beginning and end of the run included", Bare));
    }

    private static async Task<ClaimResult> ParallelAsync(ClaimContext context, CancellationToken stop)
    {
        const int runs = 512;
        await using var host = Host(context.Folder, parallel: runs);
        var pipelines = host.Environment.Get<IPipelines>();
        var result = await Paired.MeasureAsync(
            new PairedOptions { Rounds = 3, Operations = runs * NoOpChain.Steps, WarmUp = TimeSpan.FromSeconds(1) },
            [
                (Step, async (start, _) =>
                {
                    var all = await Task.WhenAll(Enumerable.Range(0, runs).Select(async run =>
                    {
                        await Task.Yield();
                        return await pipelines.RunAsync<NoOpChain, int>(start + run, cancellationToken: stop);
                    }));
                    return all.Sum(run => (long)run.EnsureCompleted().Steps.Count);
                }),
            ],
            stop);
        double rate = 1e9 / result[Step].WallNanoseconds;
        return ClaimResult.AtLeast(
            rate, 20_000, string.Create(CultureInfo.InvariantCulture, $"{rate:N0}/s"), result.ToDetail($"One no-op step, {runs} runs of {NoOpChain.Steps} steps at once", Step));
    }

    internal static ClaimHost Host(string folder, int parallel) => new(folder, mlops =>
    {
        mlops.AddPipeline<NoOpChain>();
        mlops.Services.Configure<OrchestrationOptions>(options =>
        {
            options.MaxParallelSteps = parallel;
            options.TrackRuns = false;
        });
    });
}
