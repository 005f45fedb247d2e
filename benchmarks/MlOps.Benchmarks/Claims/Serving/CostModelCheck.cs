using System.Globalization;
using MlOps.Benchmarks.MlPerf;
using MlOps.Benchmarks.Models;
using MlOps.Serving;

namespace MlOps.Benchmarks.Claims.Serving;

/// <summary>What one tuning predicts against what is then measured: batches of other sizes, and loads of arrivals that it has not seen.</summary>
internal static class CostModelCheck
{
    private static readonly int[] UnseenSizes = [3, 6, 12, 24, 48, 96, 192];
    private static readonly string[] Small = ["mlp-7mb", "trees", "cnn-small", "conv1d", "bert-mini"];
    private static readonly double[] Loads = [0.4, 0.7];

    public static async Task<ClaimResult> BatchesAsync(ClaimContext context, CancellationToken stop)
    {
        context.Report(Disturbance.Describe());
        var rows = new List<IReadOnlyList<string>>();
        var errors = new List<double>();
        foreach (var model in SuiteModels.Chosen.Where(model => model.Name == "mlp" || Small.Contains(model.Name)))
        {
            byte[] bytes = model.Make();
            var request = model.Request(SuiteModels.Budget) with { Goal = TuningGoal.Throughput };
            var tuned = await ModelTuner.StartAsync(bytes, request, cancellationToken: stop);
            var prediction = new CostModel(tuned.Best);
            using var bench = ModelTuner.Open(bytes, request with { Seed = 9 });
            foreach (int size in UnseenSizes.Where(size => size < tuned.Best.Curve!.MaximumRows))
            {
                double[] times = [.. Enumerable.Range(0, 7).Select(_ => bench.Run(tuned.Best.Runtime, size, 1, TimeSpan.FromMilliseconds(6)).SecondsPerRun)];
                double expected = prediction.BatchLatency(size).TotalSeconds;
                double measured = Noise.Median(times);
                errors.Add(Math.Abs((expected / measured) - 1));
                rows.Add([model.Name, $"{size}", Text($"{expected * 1e6:F1} us"), Text($"{measured * 1e6:F1} us"), Text($"{((expected / measured) - 1) * 100:+0.0;-0.0} %")]);
            }

            context.Report(Text($"{model.Name}: largest error so far {errors.Max() * 100:F1} %"));
        }

        double most = Noise.Quantile([.. errors], 0.9);
        return ClaimResult.AtMost(most, 0.10, Text($"{most * 100:F1} % (median {Noise.Median([.. errors]) * 100:F1} %)"), new ClaimDetail("Predicted batch latency", ["model", "rows", "predicted", "measured", "error"], rows));
    }

    public static async Task<ClaimResult> AttainmentAsync(ClaimContext context, CancellationToken stop)
    {
        context.Report(Disturbance.Describe());
        var rows = new List<IReadOnlyList<string>>();
        double worst = 0;
        foreach (var model in SuiteModels.Chosen.Where(model => Small.Contains(model.Name)))
        {
            byte[] bytes = model.Make();
            var request = model.Request(SuiteModels.Budget) with { Goal = TuningGoal.Throughput };
            var tuned = await ModelTuner.StartAsync(bytes, request, cancellationToken: stop);

            // One seat: the generator needs a core to keep its moments.
            var configuration = tuned.Best with { Batching = tuned.Best.Batching with { Parallelism = 1, MaximumBatchSize = Math.Max(8, tuned.Best.Batching.MaximumBatchSize), ParallelRows = 8, QueueLimit = 1 << 18 }, Contention = 1 };
            using var pool = ModelTuner.Open(bytes, request with { Seed = 9 });
            using var engine = new BatchEngine(
                FlatOnnxRuntime.Load(bytes, configuration.Runtime, request.Dimensions, request.Constants, model.Name), configuration.Batching, TimeProvider.System, configuration.Curve);
            await new LoadGenerator(engine, pool.Pool, 5).AtRateAsync(ArrivalPattern.Poisson(new CostModel(configuration).Capacity * 0.5), 2000, stop);
            var prediction = new CostModel(configuration);
            foreach (double load in Loads)
            {
                double rate = prediction.Capacity * load;
                var target = prediction.BatchLatency(configuration.Batching.MaximumBatchSize) * 2;
                int queries = (int)Math.Clamp(rate * 2, 1000, 60_000);
                foreach (var (name, arrivals) in new[] { ("Poisson", ArrivalPattern.Poisson(rate)), ("bursty", ArrivalPattern.Bursty(rate, 1.5, TimeSpan.FromSeconds(0.05))) })
                {
                    double predicted = prediction.Forecast(arrivals, target, queries, seed: 17).Attainment;
                    double[] latencies = await new LoadGenerator(engine, pool.Pool, 23).AtRateAsync(arrivals, queries, stop);
                    double measured = latencies.Count(latency => latency <= target.TotalSeconds) / (double)latencies.Length;
                    worst = Math.Max(worst, Math.Abs(predicted - measured));
                    rows.Add([model.Name, name, Text($"{rate:N0}/s"), Text($"{target.TotalMilliseconds:F2} ms"), Text($"{predicted * 100:F1} %"), Text($"{measured * 100:F1} %")]);
                    context.Report(Text($"{model.Name}, {name} at {load:P0}: predicted {predicted * 100:F1} %, measured {measured * 100:F1} % within {target.TotalMilliseconds:F2} ms"));
                }
            }

            engine.Retire();
        }

        return ClaimResult.AtMost(worst, 0.02, Text($"{worst * 100:F1} points"), new ClaimDetail("Attainment of a target of two full batches", ["model", "arrivals", "rate", "target", "predicted", "measured"], rows));
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
