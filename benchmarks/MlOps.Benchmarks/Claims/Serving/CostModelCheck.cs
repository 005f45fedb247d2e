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
    private const int CheckRounds = 25;
    private const int TraceSeed = 23;
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

            // Sizes of the curve run again in turns with those that it does not have: what the machine itself changed meanwhile shows there.
            int[] seen = [.. tuned.Best.Curve!.Points.Select(point => point.Rows)];
            int[] sizes = [.. UnseenSizes.Where(size => size < seen[^1]).Concat(seen).Order()];
            var times = sizes.ToDictionary(size => size, _ => new List<double>());
            for (int round = 0; round < CheckRounds; round++)
            {
                foreach (int size in sizes)
                    times[size].Add(bench.Run(tuned.Best.Runtime, size, 1, TimeSpan.FromMilliseconds(4)).SecondsPerRun);
            }

            double Error(int size) => (prediction.BatchLatency(size).TotalSeconds / Noise.Quantile([.. times[size]], 0.1)) - 1;
            double drift = Noise.Median([.. seen.Select(size => Math.Abs(Error(size)))]);
            foreach (int size in sizes.Except(seen))
            {
                errors.Add(Math.Abs(Error(size)));
                rows.Add(
                [
                    model.Name, $"{size}", Text($"{prediction.BatchLatency(size).TotalSeconds * 1e6:F1} us"), Text($"{Noise.Quantile([.. times[size]], 0.1) * 1e6:F1} us"),
                    Text($"{Error(size) * 100:+0.0;-0.0} %"), Text($"{drift * 100:F1} %"),
                ]);
            }

            context.Report(Text($"{model.Name}: {string.Join("  ", sizes.Select(size => Text($"{size}{(seen.Contains(size) ? "*" : "")}: {Error(size) * 100:+0.0;-0.0}")))} %  (* measured in the tuning)"));
        }

        double most = Noise.Quantile([.. errors], 0.9);
        return ClaimResult.AtMost(most, 0.10, Text($"{most * 100:F1} % (median {Noise.Median([.. errors]) * 100:F1} %)"), new ClaimDetail("Predicted batch latency", ["model", "rows", "predicted", "measured", "error", "sizes of the curve, measured again"], rows));
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

            // One seat: the generator needs a core to keep its moments. With a limit of runs callers do not compute, so it may call by itself.
            var batching = tuned.Best.Batching with { Parallelism = 1, MaximumBatchSize = Math.Max(8, tuned.Best.Batching.MaximumBatchSize), ParallelRows = 8, QueueLimit = 1 << 18, RunTimeout = TimeSpan.FromMinutes(1) };
            var configuration = tuned.Best with { Batching = batching, Contention = 1 };
            using var bench = ModelTuner.Open(bytes, request with { Seed = 9 });
            using var engine = new BatchEngine(
                FlatOnnxRuntime.Load(bytes, configuration.Runtime, request.Dimensions, request.Constants, model.Name), batching, TimeProvider.System, configuration.Curve);
            var prediction = new CostModel(configuration);
            int callers = 4 * engine.MaximumRows;
            double[] rates = [.. Enumerable.Range(0, 5).Select(_ => bench.RunEngine(configuration.Runtime, batching, callers, TimeSpan.FromMilliseconds(200), configuration.Curve).RowsPerSecond)];
            double sustained = Noise.Median(rates);
            await new LoadGenerator(engine, bench.Pool, 5).AtRateAsync(ArrivalPattern.Poisson(sustained * 0.5), (int)Math.Clamp(sustained / 4, 100, 5000), stop, direct: true);
            context.Report(Text($"{model.Name}: {NeverWorse.Describe(tuned)}, capacity predicted {prediction.Capacity:N0}/s, sustained {sustained:N0}/s, batches to {engine.MaximumRows}"));
            foreach (double load in Loads)
            {
                double rate = Math.Min(sustained, prediction.Capacity) * load;
                int queries = (int)Math.Clamp(rate * 4, 1000, 60_000);
                foreach (var (name, arrivals) in new[] { ("Poisson", ArrivalPattern.Poisson(rate)), ("bursty", ArrivalPattern.Bursty(rate, 1.5, TimeSpan.FromSeconds(0.05))) })
                {
                    // A target that some keep and some miss, and the very arrivals that are then issued.
                    var usual = prediction.Forecast(arrivals, TimeSpan.FromSeconds(1), queries, TraceSeed);
                    var target = TimeSpan.FromSeconds(Math.Sqrt(usual.Median.TotalSeconds * usual.P99.TotalSeconds));
                    var forecast = prediction.Forecast(arrivals, target, queries, TraceSeed);
                    double[] latencies = await new LoadGenerator(engine, bench.Pool, TraceSeed).AtRateAsync(arrivals, queries, stop, direct: true);
                    double measured = latencies.Count(latency => latency <= target.TotalSeconds) / (double)latencies.Length;
                    worst = Math.Max(worst, Math.Abs(forecast.Attainment - measured));
                    rows.Add([model.Name, name, Text($"{rate:N0}/s"), Text($"{target.TotalMilliseconds:F2} ms"), Text($"{forecast.Attainment * 100:F1} %"), Text($"{measured * 100:F1} %")]);
                    context.Report(Text(
                        $"{model.Name}, {name} at {load:P0} ({rate:N0}/s): predicted {forecast.Attainment * 100:F1} %, measured {measured * 100:F1} % within {target.TotalMilliseconds:F2} ms; median {forecast.Median.TotalMilliseconds:F2} / {Noise.Median(latencies) * 1e3:F2} ms, p99 {forecast.P99.TotalMilliseconds:F2} / {Noise.Quantile(latencies, 0.99) * 1e3:F2} ms, rows a batch {forecast.RowsPerBatch:F1}, utilisation {forecast.Utilisation:P0}"));
                }
            }

            engine.Retire();
        }

        return ClaimResult.AtMost(worst, 0.02, Text($"{worst * 100:F1} points"), new ClaimDetail("Attainment of a target between the median and the 99th percentile", ["model", "arrivals", "rate", "target", "predicted", "measured"], rows));
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
