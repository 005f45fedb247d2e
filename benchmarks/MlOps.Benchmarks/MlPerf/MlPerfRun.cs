using System.Globalization;
using MlOps.Benchmarks.Models;
using MlOps.Serving;

namespace MlOps.Benchmarks.MlPerf;

/// <summary>
/// The four scenarios on one model through the batching engine, by MLCommons' rules with shorter runs: seeds are fixed, samples unique
/// and rotated, percentiles estimated with early stopping; the least duration is seconds where the rules ask for ten minutes.
/// </summary>
internal sealed class MlPerfRun : IDisposable
{
    private const int Seed = 20_010_101;
    private const double Precision = 0.02;

    private readonly CatalogueModel _model;
    private readonly TuningBench _bench;
    private readonly TuningResult _tuning;
    private readonly TimeSpan _duration;
    private readonly BatchEngine _engine;
    private readonly LoadGenerator _generator;

    private MlPerfRun(CatalogueModel model, TuningBench bench, TuningResult tuning, IModelRuntime runtime, TimeSpan duration)
    {
        _model = model;
        _bench = bench;
        _tuning = tuning;
        _duration = duration;
        _engine = new BatchEngine(runtime, tuning.Best.Batching with { QueueLimit = 1 << 18 }, TimeProvider.System, tuning.Best.Curve);
        _generator = new LoadGenerator(_engine, bench.Pool, Seed);
    }

    public TuningResult Tuning => _tuning;

    public static async Task<MlPerfRun> OpenAsync(CatalogueModel model, TimeSpan tuning, TimeSpan duration, TimeSpan? bound, CancellationToken cancellationToken)
    {
        byte[] bytes = model.Make();
        var request = model.Request(tuning, Seed) with { Goal = TuningGoal.Throughput, TargetLatency = bound };
        var result = await ModelTuner.StartAsync(bytes, request, cancellationToken: cancellationToken);
        return new MlPerfRun(
            model, ModelTuner.Open(bytes, request), result, FlatOnnxRuntime.Load(bytes, result.Best.Runtime, request.Dimensions, request.Constants, model.Name), duration);
    }

    public async Task<ScenarioResult> RunAsync(LoadScenario scenario, TimeSpan bound, CancellationToken cancellationToken)
    {
        // Every size of batch has bindings that its first run makes.
        await WarmUpAsync(cancellationToken);
        return scenario switch
        {
            LoadScenario.SingleStream => await StreamAsync(scenario, 1, 0.90, cancellationToken),
            LoadScenario.MultiStream => await StreamAsync(scenario, 8, 0.99, cancellationToken),
            LoadScenario.Offline => Offline(),
            _ => await ServerAsync(bound, cancellationToken),
        };
    }

    public void Dispose()
    {
        _engine.Retire();
        _bench.Dispose();
    }

    private async Task WarmUpAsync(CancellationToken cancellationToken)
    {
        await _generator.OneAfterTheOtherAsync(1, 16, TimeSpan.Zero, cancellationToken);
        _bench.RunEngine(_tuning.Best.Runtime, _tuning.Best.Batching, 2 * _tuning.Best.Batching.MaximumBatchSize, TimeSpan.FromMilliseconds(100), _tuning.Best.Curve);
    }

    private async Task<ScenarioResult> StreamAsync(LoadScenario scenario, int samples, double percentile, CancellationToken cancellationToken)
    {
        // 662 queries are the least from which a 99th percentile can be estimated with early stopping (64 for the 90th).
        double[] latencies = await _generator.OneAfterTheOtherAsync(samples, samples == 1 ? 64 : 662, _duration, cancellationToken);
        double estimate = EarlyStopping.Estimate(latencies, percentile);
        return new(_model.Name, scenario, double.IsNaN(estimate) ? latencies.Max() : estimate, latencies.Length, double.IsNaN(estimate) ? "too few queries: the largest latency" : "");
    }

    private ScenarioResult Offline()
    {
        var batching = _tuning.Best.Batching;
        int callers = Math.Max(64, 4 * batching.MaximumBatchSize * Math.Max(1, batching.Parallelism));
        double[] rates = [.. Enumerable.Range(0, 3).Select(_ => _bench.RunEngine(_tuning.Best.Runtime, batching, callers, _duration / 3, _tuning.Best.Curve).RowsPerSecond)];
        return new(_model.Name, LoadScenario.Offline, Noise.Median(rates), (int)(Noise.Median(rates) * _duration.TotalSeconds), "");
    }

    // The highest rate that keeps the bound: bisection between rates that kept it and rates that did not, fixed seed.
    private async Task<ScenarioResult> ServerAsync(TimeSpan bound, CancellationToken cancellationToken)
    {
        double offline = Offline().Value;
        double low = 0, high = offline * 1.05;
        int counted = 0;
        var (tried, best) = (offline * 0.9, "");
        while (tried > offline * 0.05 && high - low > Precision * offline)
        {
            int queries = (int)Math.Clamp(tried * _duration.TotalSeconds, 662, 400_000);
            double[] latencies = await _generator.AtRateAsync(ArrivalPattern.Poisson(tried), queries, cancellationToken);
            int over = latencies.Count(latency => latency > bound.TotalSeconds);
            if (EarlyStopping.Keeps(queries, over, 0.99))
            {
                (low, counted) = (tried, queries);
                best = string.Create(CultureInfo.InvariantCulture, $"{over} of {queries} over {bound.TotalMilliseconds:F0} ms");
            }
            else
            {
                high = tried;
            }

            tried = (low + high) / 2;
        }

        return new(_model.Name, LoadScenario.Server, low, counted, string.Create(CultureInfo.InvariantCulture, $"{low / offline:P0} of offline {offline:N0}/s; {best}"));
    }
}
