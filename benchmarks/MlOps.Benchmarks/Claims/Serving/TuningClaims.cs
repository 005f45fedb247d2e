using System.Globalization;
using MlOps.Benchmarks.Models;
using MlOps.Serving;

namespace MlOps.Benchmarks.Claims.Serving;

internal static class TuningClaims
{
    private const int Callers = 16;
    private static readonly TimeSpan Sample = TimeSpan.FromMilliseconds(30);

    public static IEnumerable<IClaim> All =>
    [
        new Claim(
            "serving.never-worse",
            "the self-tuned engine's rows/s over the best of direct calls and every fixed batch size, one or all cores, found by exhaustive search (1 to 256 callers; worst case)",
            "at least 0.97 x",
            NeverWorse.MeasureAsync),
        new Claim(
            "serving.tuning-repeat",
            "difference in rows/s between the settings of two tunings of a model (16 and 256 callers; worst case)",
            "at most 3 %",
            RepeatAsync),
        new Claim(
            "serving.tuning-gain",
            "the self-tuned engine's rows/s over calls with ONNX Runtime's default settings, 16 callers, geometric mean over the models",
            "at least 1.3 x",
            GainAsync),
        new Claim(
            "serving.cost-model-batches",
            "error of the batch latency that one tuning predicts, at sizes that it did not measure (90th percentile over models and sizes)",
            "at most 10 %",
            CostModelCheck.BatchesAsync),
        new Claim(
            "serving.cost-model-attainment",
            "error of the predicted share of requests within a latency target, unseen Poisson and bursty arrivals (worst case)",
            "at most 2 points",
            CostModelCheck.AttainmentAsync),
    ];

    private static async Task<ClaimResult> RepeatAsync(ClaimContext context, CancellationToken stop)
    {
        context.Report(Disturbance.Describe());
        string[] usual = ["mlp", "mlp-7mb", "trees", "conv1d"];
        var rows = new List<IReadOnlyList<string>>();
        double worst = 0;
        foreach (var model in SuiteModels.Chosen.Where(model => usual.Contains(model.Name)))
        {
            byte[] bytes = model.Make();
            var request = model.Request(SuiteModels.Budget);
            var one = await ModelTuner.StartAsync(bytes, request, cancellationToken: stop);
            var other = await ModelTuner.StartAsync(bytes, request with { Seed = 2 }, cancellationToken: stop);
            using var bench = ModelTuner.Open(bytes, request);
            foreach (int callers in new[] { Callers, 256 })
            {
                double ratio = Same(one.Best, other.Best) ? 1 : await PairedAsync(
                    () => bench.RunEngine(one.Best.Runtime, one.Best.Batching, callers, Sample, one.Best.Curve).RowsPerSecond,
                    () => bench.RunEngine(other.Best.Runtime, other.Best.Batching, callers, Sample, other.Best.Curve).RowsPerSecond,
                    stop);
                worst = Math.Max(worst, Math.Abs(1 - ratio));
                rows.Add([model.Name, $"{callers}", NeverWorse.Describe(one), NeverWorse.Describe(other), Text($"{ratio:F3}")]);
            }

            context.Report(Text($"{model.Name}: {NeverWorse.Describe(one)} / {NeverWorse.Describe(other)} {rows[^1][^1]}"));
        }

        return ClaimResult.AtMost(worst, 0.03, Text($"{worst * 100:F1} %"), new ClaimDetail("Two tunings", ["model", "callers", "one", "other", "ratio"], rows));
    }

    private static async Task<ClaimResult> GainAsync(ClaimContext context, CancellationToken stop)
    {
        context.Report(Disturbance.Describe());
        var rows = new List<IReadOnlyList<string>>();
        var logs = new List<double>();
        foreach (var model in SuiteModels.Chosen)
        {
            byte[] bytes = model.Make();
            var request = model.Request(SuiteModels.Budget);
            var tuned = await ModelTuner.StartAsync(bytes, request, cancellationToken: stop);
            using var bench = ModelTuner.Open(bytes, request);
            double ratio = await PairedAsync(
                () => bench.RunEngine(tuned.Best.Runtime, tuned.Best.Batching, Callers, Sample, tuned.Best.Curve).RowsPerSecond,
                () => bench.Run(TuningSessions.Defaults, 1, bench.Cores, Sample).PassedRowsPerSecond,
                stop);
            logs.Add(Math.Log(ratio));
            rows.Add([model.Name, NeverWorse.Describe(tuned), Text($"{ratio:F2} x")]);
            context.Report(Text($"{model.Name}: {ratio:F2} x ({NeverWorse.Describe(tuned)})"));
        }

        double mean = Math.Exp(logs.Average());
        return ClaimResult.AtLeast(mean, 1.3, Text($"{mean:F2} x"), new ClaimDetail($"Self-tuned against default settings, {Callers} callers", ["model", "tuned to", "gain"], rows));
    }

    private static bool Same(TunedConfiguration one, TunedConfiguration other) => one.Runtime == other.Runtime && one.Batching == other.Batching;

    // The median of the ratios within rounds.
    private static Task<double> PairedAsync(Func<double> one, Func<double> other, CancellationToken stop) => Task.Factory.StartNew(
        () =>
        {
            one();
            other();
            double[] ratios = new double[11];
            for (int round = 0; round < ratios.Length; round++)
            {
                stop.ThrowIfCancellationRequested();
                ratios[round] = round % 2 == 0 ? one() / other() : 1 / (other() / one());
            }

            return Noise.Median(ratios);
        },
        stop,
        TaskCreationOptions.LongRunning,
        TaskScheduler.Default);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
