using System.Globalization;
using MlOps.Benchmarks.Models;
using MlOps.Serving;

namespace MlOps.Benchmarks.Claims.Serving;

/// <summary>
/// The self-tuned engine against every other way to serve: direct calls of as many callers as there are cores, and the engine with every
/// fixed largest batch, on one and on all seats, with one and with all cores as threads. A coarse pass takes one sample of each; those that came
/// out best run again in turns with the tuned engine, so that the best of many noisy figures is not taken for the best.
/// </summary>
internal static class NeverWorse
{
    private const int Finalists = 3;
    private const int FinalRounds = 9;
    private const double SlowestBatch = 0.15;
    private static readonly int[] Levels = [1, 4, 16, 64, 256];
    private static readonly TimeSpan Coarse = TimeSpan.FromMilliseconds(8);
    private static readonly TimeSpan Final = TimeSpan.FromMilliseconds(25);

    public static async Task<ClaimResult> MeasureAsync(ClaimContext context, CancellationToken stop)
    {
        context.Report(Disturbance.Describe());
        var rows = new List<IReadOnlyList<string>>();
        double worst = double.MaxValue;
        int models = 0;
        var ratios = new List<double>();
        foreach (var model in SuiteModels.Chosen)
        {
            byte[] bytes = model.Make();
            var request = model.Request(SuiteModels.Budget);
            var tuned = await ModelTuner.StartAsync(bytes, request, cancellationToken: stop);
            var found = await Task.Factory.StartNew(() => Compare(bytes, request, tuned, stop), stop, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            foreach (var (callers, ratio, rival, rate) in found)
            {
                worst = Math.Min(worst, ratio);
                ratios.Add(ratio);
                rows.Add([model.Name, $"{callers}", Text($"{rate:N0}"), Text($"{ratio:F2} x"), rival, Describe(tuned)]);
            }

            models++;
            context.Report(Text($"{model.Name}: {string.Join("  ", found.Select(level => Text($"{level.Callers}: {level.Ratio:F2}")))}  ({Describe(tuned)}, tuned in {tuned.Duration.TotalSeconds:F0} s)"));
        }

        int held = ratios.Count(ratio => ratio >= 0.97);
        var detail = new ClaimDetail("Self-tuned engine against the best of all others", ["model", "callers", "rows/s", "ratio", "best rival", "tuned to"], rows);
        return ClaimResult.AtLeast(worst, 0.97, Text($"{worst:F2} x; {held} of {ratios.Count} on {models} models"), detail);
    }

    private static List<(int Callers, double Ratio, string Rival, double Rate)> Compare(byte[] bytes, ModelTuningRequest request, TuningResult tuned, CancellationToken stop)
    {
        using var bench = ModelTuner.Open(bytes, request);
        var sessions = new[] { 1, bench.Cores }.Distinct().Select(threads => new OnnxRuntimeOptions { IntraOpThreads = threads }).ToArray();
        double single = bench.Run(sessions[0], 1, 1, Coarse).SecondsPerRun;
        var result = new List<(int, double, string, double)>();
        foreach (int callers in Levels)
        {
            var rivals = new List<(string Name, Func<TimeSpan, double> Measure)>();
            foreach (var session in sessions)
            {
                rivals.Add((Text($"direct, {session.IntraOpThreads} thread(s)"), time => bench.Run(session, 1, Math.Min(callers, bench.Cores), time).PassedRowsPerSecond));
                for (int size = 1; size <= Math.Min(Math.Min(callers, 256), bench.LargestBatch); size *= 2)
                {
                    if (size > 1 && size * single > SlowestBatch)
                        break;
                    foreach (int seats in new[] { 1, bench.Cores }.Distinct())
                    {
                        foreach (int beside in seats == 1 || size == 1 ? [1] : new[] { 1, size / 2 })
                        {
                            var batching = new BatchingOptions { MaximumBatchSize = size, Parallelism = seats, ParallelRows = beside };
                            rivals.Add((
                                Text($"batches of {size}, {seats} at once{(seats > 1 ? Text($" from {beside}") : "")}, {session.IntraOpThreads} thread(s)"),
                                time => bench.RunEngine(session, batching, callers, time).RowsPerSecond));
                        }
                    }
                }
            }

            double Tuned(TimeSpan time) => bench.RunEngine(tuned.Best.Runtime, tuned.Best.Batching, callers, time, tuned.Best.Curve).RowsPerSecond;
            stop.ThrowIfCancellationRequested();
            Tuned(Coarse);
            double[] coarse = [.. rivals.Select(rival => rival.Measure(Coarse))];
            int[] best = [.. Enumerable.Range(0, rivals.Count).OrderByDescending(i => coarse[i]).Take(Finalists)];
            double[] own = new double[FinalRounds];
            double[][] others = [.. best.Select(_ => new double[FinalRounds])];
            for (int round = 0; round < FinalRounds; round++)
            {
                stop.ThrowIfCancellationRequested();
                own[round] = Tuned(Final);
                for (int i = 0; i < best.Length; i++)
                    others[i][round] = rivals[best[i]].Measure(Final);
            }

            double[] medians = [.. others.Select(rates => Noise.Median([.. own.Zip(rates, (mine, other) => mine / other)]))];
            int rivalIndex = Array.IndexOf(medians, medians.Min());
            result.Add((callers, medians[rivalIndex], rivals[best[rivalIndex]].Name, Noise.Median(own)));
        }

        return result;
    }

    internal static string Describe(TuningResult tuned) => Text(
        $"{tuned.Best.Runtime.IntraOpThreads} thread(s){(tuned.Best.Runtime.AllowSpinning ? " spinning" : "")}, batches to {tuned.Best.Batching.MaximumBatchSize}, {tuned.Best.Batching.Parallelism} at once from {tuned.Best.Batching.ParallelRows}");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
