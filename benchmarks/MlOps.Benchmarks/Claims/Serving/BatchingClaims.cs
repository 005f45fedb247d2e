using System.Diagnostics;
using System.Globalization;
using MlOps.Benchmarks.Measuring;
using MlOps.Serving;
using MlOps.Serving.Tests;
using MlOps.Serving.Tests.Batching;

namespace MlOps.Benchmarks.Claims.Serving;

/// <summary>What the batching engine costs over bare batches, and how it bears overload and faults.</summary>
internal static class BatchingClaims
{
    private const string Ideal = "bare batches, the ideal";
    private const string OneLeader = "engine, one leader";
    private const string TwoLeaders = "engine, two leaders";
    private const string Alone = "bound single calls, a thread per core";

    public static IEnumerable<IClaim> All =>
    [
        new Claim(
            "serving.batching-ideal",
            "throughput per CPU of the engine at 256 asynchronous callers over bare batches of 256 (MLP 32-64-64-1, one leader, fresh rows)",
            "at least 65 %",
            (_, stop) => IdealAsync(OnnxModels.Mlp(1, ServedMlp.Small), 32, 256, 1000, 40, 0.65, stop)),
        new Claim(
            "serving.batching-ideal-large", "the same on an MLP of 7.4 MB at 64 callers", "at least 95 %",
            (_, stop) => IdealAsync(OnnxModels.Mlp(1, ServedMlp.Large), 256, 64, 40, 30, 0.95, stop)),
        new Claim(
            "serving.batching-ideal-trees", "the same on 500 boosted trees of depth 6 at 256 callers", "at least 95 %",
            (_, stop) => IdealAsync(GeneratedTrees.Create(1, 32, 500, 6), 32, 256, 40, 30, 0.95, stop)),
        new Claim(
            "serving.batching-tail",
            "p99 of a request at 256 asynchronous callers over the time in which the engine forms, runs and answers one batch of 256 (MLP 32-64-64-1, one leader)",
            "at most 2 x",
            TailAsync),
        new Claim(
            "serving.batching-cores",
            "least of: throughput of two leaders over 1.7 x one leader's, and over a bound call each on all cores (MLP 32-64-64-1 and 500 trees, 256 callers)",
            "at least 1",
            CoresAsync),
        new Claim(
            "serving.overload",
            "goodput at twice the capacity, over the capacity; rejects within 5 ms, no answer more than 5 % past its deadline, normal again within 5 s",
            "at least 95 %",
            Overload.MeasureAsync),
        new Claim(
            "serving.faults",
            "wrong, double or missing answers over 1,000,000 rows with random deadlines, cancellations, poison rows, breaking and hanging runs",
            "0",
            FaultsAsync),
    ];

    private static async Task<ClaimResult> IdealAsync(byte[] onnx, int width, int callers, int each, int rounds, double bound, CancellationToken stop)
    {
        using var load = new EngineLoad(onnx, width, callers);
        using var engine = load.Engine(1);
        var result = await Paired.MeasureAsync(
            new PairedOptions { Rounds = rounds, Operations = callers * each, WarmUp = TimeSpan.FromSeconds(1) },
            [(Ideal, load.RunBatches), (OneLeader, (start, count) => load.AskAsync(engine, start, count))],
            stop);
        double share = result.CpuRatio(Ideal, OneLeader);
        return ClaimResult.AtLeast(share, bound, share.ToString("P1", CultureInfo.InvariantCulture), result.ToDetail($"One request, {callers} callers", Ideal));
    }

    private static async Task<ClaimResult> TailAsync(ClaimContext context, CancellationToken stop)
    {
        const int each = 1000;
        using var load = new EngineLoad(OnnxModels.Mlp(1, ServedMlp.Small), 32, 256);
        using var engine = load.Engine(1);
        long[] times = new long[load.Callers * each];
        var ratios = new List<double>();
        var nineties = new List<double>();
        for (int burst = 0; burst < 40; burst++)
        {
            stop.ThrowIfCancellationRequested();
            long begin = Stopwatch.GetTimestamp();
            await load.AskAsync(engine, burst * times.Length, times.Length, times);
            double batch = Stopwatch.GetElapsedTime(begin).TotalSeconds / each;
            long[] sorted = [.. times.Order()];
            double p99 = sorted[times.Length * 99 / 100] / (double)Stopwatch.Frequency;
            ratios.Add(p99 / batch);
            nineties.Add(p99);
        }

        ratios.Sort();
        nineties.Sort();
        double ratio = ratios[ratios.Count / 2];
        var detail = new ClaimDetail(
            "Tail at 256 callers", ["bursts", "median of p99 over batch", "median p99"],
            [[$"{ratios.Count}", Two(ratio), PairedResult.Time(nineties[nineties.Count / 2] * 1e9)]]);
        return ClaimResult.AtMost(ratio, 2, $"{Two(ratio)} x", detail);
    }

    private static async Task<ClaimResult> CoresAsync(ClaimContext context, CancellationToken stop)
    {
        double least = double.MaxValue;
        var details = new List<ClaimDetail>();
        foreach (var (name, onnx, each) in new[] { ("MLP 32-64-64-1", OnnxModels.Mlp(1, ServedMlp.Small), 800), ("500 trees", GeneratedTrees.Create(1, 32, 500, 6), 40) })
        {
            using var load = new EngineLoad(onnx, 32, 256);
            using var one = load.Engine(1);
            using var two = load.Engine(2);
            var result = await Paired.MeasureAsync(
                new PairedOptions { Rounds = 30, Operations = load.Callers * each, WarmUp = TimeSpan.FromSeconds(1) },
                [
                    (OneLeader, (start, count) => load.AskAsync(one, start, count)),
                    (TwoLeaders, (start, count) => load.AskAsync(two, start, count)),
                    (Alone, load.RunSingly),
                ],
                stop);
            double scaling = result.WallRatio(OneLeader, TwoLeaders), overDirect = result.WallRatio(Alone, TwoLeaders);
            least = Math.Min(least, Math.Min(scaling / 1.7, overDirect));
            details.Add(result.ToDetail($"{name}: two leaders have {Two(scaling)} x the throughput of one and {Two(overDirect)} x that of single calls on all cores", OneLeader));
        }

        return ClaimResult.AtLeast(least, 1, Two(least), [.. details]);
    }

    private static async Task<ClaimResult> FaultsAsync(ClaimContext context, CancellationToken stop)
    {
        var storm = new FaultStorm(1_000_000, hangEvery: 4000);
        var engine = new BatchEngine(
            storm,
            new BatchingOptions { MaximumBatchSize = 32, QueueLimit = 200, Parallelism = 2, ParallelRows = 8, RunTimeout = TimeSpan.FromMilliseconds(20) },
            TimeProvider.System);
        await storm.RunAsync(engine, 128, seed: 1, hangs: true);
        var detail = new ClaimDetail(
            "Faults", ["answered", "overloaded and asked again", "late", "invalid", "failed", "cancelled", "runs that hung", "mistakes"],
            [[
                Count(storm.Ended[(int)PredictionStatus.Ok]), Count(storm.Ended[(int)PredictionStatus.Overloaded]), Count(storm.Ended[(int)PredictionStatus.DeadlineExceeded]),
                Count(storm.Ended[(int)PredictionStatus.InvalidInput]), Count(storm.Ended[(int)PredictionStatus.Failed]), Count(storm.Cancelled), Count(storm.Hung),
                Count(storm.Mistakes.Count),
            ]]);
        return ClaimResult.AtMost(storm.Mistakes.Count, 0, $"{storm.Mistakes.Count}", detail);
    }

    private static string Two(double value) => value.ToString("F2", CultureInfo.InvariantCulture);

    private static string Count(int value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
