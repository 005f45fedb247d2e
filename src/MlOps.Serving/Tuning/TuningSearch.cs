namespace MlOps.Serving;

/// <summary>
/// Finds settings in steps that each keep few: how far batches pay at all; session settings and instances, raced at a single call and
/// at full load; the batch curve of the winner; and the engine's own settings, raced under several numbers of callers. A race
/// ends when the interval of the median ratio tells the rest apart, so clear losers cost two samples each.
/// </summary>
internal sealed class TuningSearch(ITuningBench bench, ModelTuningRequest request, IProgress<string>? progress, CancellationToken cancellationToken)
{
    private const int MaximumRounds = 9;
    private const int CurveRounds = 25;
    private const int SpreadFactors = 200;
    private const double NearBest = 0.02;
    private const double StillNearBest = 0.1;
    private const double Undisturbed = 0.1;
    private const double MostDisturbance = 1.25;
    private static readonly TimeSpan Burst = TimeSpan.FromMilliseconds(4);
    private static readonly int[] CallerLevels = [4, 16, 64, 256];
    private static readonly double[] DelayShares = [0, 0.5, 1];

    private readonly Dictionary<(OnnxRuntimeOptions, int, int), List<TuningSample>> _samples = [];
    private readonly HashSet<object> _tried = [];
    private int _count;

    // How much longer single threads took than they worked: what else runs on this machine takes the cores away.
    private double Disturbance
    {
        get
        {
            var factors = _samples.Where(pair => pair.Key.Item3 == 1).SelectMany(pair => pair.Value).Where(sample => sample.PassedSeconds > 0).Select(sample => sample.PassedSeconds / sample.Seconds).ToArray();
            return factors.Length == 0 ? 1 : Noise.Quantile(factors, 0.75);
        }
    }

    private double Limit => Math.Min(request.TargetLatency?.TotalSeconds ?? double.MaxValue, Math.Min(1, request.Budget.TotalSeconds / 80));

    public TuningResult Run()
    {
        var simplest = new OnnxRuntimeOptions { IntraOpThreads = 1 };
        Say("how far batches pay");
        var (sizes, useful) = Scan(simplest);
        Say($"session settings at batches of 1 and {useful}");
        var (session, instances) = ChooseSession(useful);
        foreach (var (other, _, _) in _samples.Keys.Where(key => key.Item1 != session).ToArray())
            bench.Release(other);
        Say($"batch curve of {Describe(session)}");
        var curves = Curves(session, instances, sizes);
        Say("the engine's settings");
        var batching = ChooseBatching(session, instances, curves);
        return Conclude(session, instances, curves, batching);
    }

    // Doubles the batch until two more doublings gain nothing, or one batch takes too long.
    private (int[] Sizes, int Useful) Scan(OnnxRuntimeOptions session)
    {
        var sizes = new List<int>();
        var (best, useful, since) = (double.MaxValue, 1, 0);
        var largest = Math.Min(request.MaximumBatchSize, bench.LargestBatch);
        for (var rows = 1; rows <= largest; rows = rows < largest && rows * 2 > largest ? largest : rows * 2)
        {
            var times = new List<double> { Measure(session, rows, 1).SecondsPerRun };
            while (times.Count < 3 && times[0] < Limit / 4)
                times.Add(Measure(session, rows, 1).SecondsPerRun);
            var time = Noise.Median(times.ToArray());
            if (rows > 1 && time > Limit)
                break;
            sizes.Add(rows);
            var perRow = time / rows;
            since = perRow < best * (1 - NearBest) ? 0 : since + 1;
            if (since == 0)
                (best, useful) = (perRow, rows);
            if (since == 3 || Spent(0.25))
                break;
        }

        return ([.. sizes], useful);
    }

    private (OnnxRuntimeOptions Session, int Instances) ChooseSession(int useful)
    {
        var sessions = Sessions().ToArray();
        var single = new Race(sessions.Length);
        single.Run(i => Measure(sessions[i], 1, 1).RowsPerSecond, MaximumRounds, () => !Spent(0.4));

        // Clear losers of the single call still count under load, but not those that lose most of it.
        var loads = new List<(int Session, int Rows, int Instances)>();
        for (var i = 0; i < sessions.Length; i++)
        {
            foreach (var count in Powers(bench.Cores))
            {
                foreach (var rows in useful == 1 ? [1] : new[] { useful, 1 })
                    loads.Add((i, rows, count));
            }
        }

        var full = new Race(loads.Count);
        full.Run(i => Measure(sessions[loads[i].Session], loads[i].Rows, loads[i].Instances).RowsPerSecond, MaximumRounds, () => !Spent(0.55));
        var all = Enumerable.Range(0, sessions.Length).ToArray();
        var bestSingle = all.MaxBy(single.Median);
        var perSession = all.Select(i => Enumerable.Range(0, loads.Count).Where(load => loads[load].Session == i).MaxBy(full.Median)).ToArray();
        var bestFull = perSession.MaxBy(full.Median);
        var regrets = all.Select(i => request.Goal switch
        {
            TuningGoal.Latency => single.Regret(i, bestSingle),
            TuningGoal.Throughput => full.Regret(perSession[i], bestFull),
            _ => Math.Max(single.Regret(i, bestSingle), full.Regret(perSession[i], bestFull)),
        }).ToArray();
        var chosen = Cheapest(regrets, i => Cpu(sessions[i], loads[perSession[i]].Rows, loads[perSession[i]].Instances));

        // More instances where they cannot be told from fewer: they answer more callers at once.
        var best = perSession[chosen];
        var instances = Enumerable.Range(0, loads.Count)
            .Where(load => loads[load].Session == chosen && loads[load].Rows == loads[best].Rows && full.Regret(load, best) <= 1 + NearBest).Max(load => loads[load].Instances);
        return (sessions[chosen], instances);
    }

    // Of those that lose least, or cannot be told from it, the one that costs the least processor time: it leaves most to others.
    private static int Cheapest(double[] regrets, Func<int, double> cpu)
    {
        var least = regrets.Min();
        var close = Enumerable.Range(0, regrets.Length).Where(i => regrets[i] <= least * (1 + NearBest)).ToArray();
        var cheapest = close.Min(cpu);
        return close.First(i => cpu(i) <= cheapest * (1 + (2 * NearBest)));
    }

    // One thread, then more, without spinning and with it: in order of what they cost others on the machine.
    private IEnumerable<OnnxRuntimeOptions> Sessions()
    {
        foreach (var threads in Powers(bench.Cores))
        {
            yield return new OnnxRuntimeOptions { IntraOpThreads = threads };
            if (threads > 1)
                yield return new OnnxRuntimeOptions { IntraOpThreads = threads, AllowSpinning = true };
        }
    }

    private List<CurvePoint> Curves(OnnxRuntimeOptions session, int instances, int[] sizes)
    {
        for (var round = 0; round < CurveRounds && (round < 3 || !Spent(0.7)); round++)
        {
            foreach (var rows in sizes)
            {
                Measure(session, rows, 1);
                if (instances > 1)
                    Measure(session, rows, instances);
            }
        }

        return [.. sizes.Select(rows =>
        {
            var together = UndisturbedTime(session, rows, instances);
            return new CurvePoint(rows, UndisturbedTime(session, rows, 1), together, instances * rows / together);
        })];
    }

    private BatchingOptions ChooseBatching(OnnxRuntimeOptions session, int instances, List<CurvePoint> curves)
    {
        var kept = curves.Where(point => request.TargetLatency is not { } target || point.Rows == 1 || 2 * point.Together <= target.TotalSeconds).ToList();
        var best = kept.MaxBy(point => point.Rate)!;
        var near = kept.First(point => point.Rate >= best.Rate * (1 - NearBest));

        // Each batch costs the engine something, too, which the curve does not know: of sizes that are about as good for the model the largest may be the best.
        var large = kept.Last(point => point.Rate >= best.Rate * (1 - StillNearBest));
        var steep = kept.First(point => point.Alone / point.Rows <= kept.Min(other => other.Alone / other.Rows) * 1.2).Rows;
        var candidates = new List<BatchingOptions> { new() { MaximumBatchSize = 1, Parallelism = bench.Cores, ParallelRows = 1 } };
        if (near.Rows > 1)
        {
            foreach (var size in new[] { near.Rows, large.Rows }.Distinct())
            {
                foreach (var parallelRows in instances == 1 ? [] : new[] { size / 2, steep, 4, 1 }.Where(rows => rows >= 1 && rows <= size).Distinct())
                    candidates.Add(new() { MaximumBatchSize = size, Parallelism = instances, ParallelRows = parallelRows });
                candidates.Add(new() { MaximumBatchSize = size, Parallelism = 1, ParallelRows = size });
            }
        }

        _tried.UnionWith(candidates);
        if (candidates.Count == 1)
            return candidates[0];
        var levels = CallerLevels.Where(callers => callers == CallerLevels[0] || callers / best.Rate < 0.25).ToArray();
        var regrets = new double[candidates.Count];
        var curve = CurveOf(curves);
        var byProcessorTime = Disturbance > MostDisturbance;
        var costs = candidates.Select(_ => new List<double>()).ToArray();
        for (var level = 0; level < levels.Length; level++)
        {
            var callers = levels[level];
            var until = 0.7 + (0.3 * (level + 1) / levels.Length);
            var race = new Race(candidates.Count);
            race.Run(
                i =>
                {
                    var sample = Ask(session, candidates[i], callers, curve);
                    costs[i].Add(sample.CpuPerRow);
                    // What all seats could do with a core each.
                    return byProcessorTime ? candidates[i].Parallelism / sample.CpuPerRow : sample.RowsPerSecond;
                },
                MaximumRounds,
                () => !Spent(until));
            var top = race.Running.MaxBy(race.Median);
            for (var i = 0; i < regrets.Length; i++)
                regrets[i] = Math.Max(regrets[i], race.Regret(i, top));
        }

        return Delayed(candidates[Cheapest(regrets, i => Noise.Median(costs[i].ToArray()))], instances, curves);
    }

    // Waiting for mates pays only at known rates, and only when the simulation says so.
    private BatchingOptions Delayed(BatchingOptions chosen, int instances, List<CurvePoint> curves)
    {
        if (request.TargetRate is not { } rate || request.TargetLatency is not { } target || chosen.MaximumBatchSize == 1)
            return chosen;
        var curve = CurveOf(curves);
        var options = DelayShares.Select(share => chosen with { MaximumDelay = curve.Time(1) * share }).ToArray();
        _tried.UnionWith(options);
        var forecasts = options.Select(option => new CostModel(new TunedConfiguration { Batching = option, Curve = curve, Contention = ContentionOf(curves, instances) })
            .Forecast(ArrivalPattern.Poisson(rate), target, 20_000)).ToArray();
        var best = forecasts.Max(forecast => forecast.Attainment);
        return options[Array.FindIndex(forecasts, forecast => forecast.Attainment >= best - 0.002)];
    }

    private TuningResult Conclude(OnnxRuntimeOptions session, int instances, List<CurvePoint> curves, BatchingOptions batching)
    {
        var points = _samples.Select(pair => new TuningPoint(
            pair.Key.Item1, pair.Key.Item2, pair.Key.Item3, TimeSpan.FromSeconds(Noise.Median(pair.Value.Select(sample => sample.SecondsPerRun).ToArray())),
            Noise.Median(pair.Value.Select(sample => sample.RowsPerSecond).ToArray()), pair.Value.Count)).OrderBy(point => point.Latency).ToArray();
        var variations = _samples.Values.Where(samples => samples.Count >= 5).Select(samples => Noise.Variation(samples.Select(sample => sample.RowsPerSecond).ToArray())).ToArray();
        var noise = variations.Length == 0 ? 0 : Noise.Median(variations);
        var warnings = new List<string>();
        if (noise > 0.05)
            warnings.Add($"Repeated measurements vary by {noise:P0}: the machine is busy with something else. Differences below that are not claimed; tune again when it is quiet.");
        if (Disturbance is > MostDisturbance and var disturbance)
            warnings.Add(FormattableString.Invariant($"Other programs take the cores: threads needed {disturbance:F1} times as long as they worked. The engine's settings were chosen by processor time a row."));
        if (bench.DistinctRows < 32)
            warnings.Add($"Only {bench.DistinctRows} different rows were measured: models whose work depends on the data, such as trees, look faster than they are.");
        if (bench.Elapsed > request.Budget * 1.1)
            warnings.Add($"The tuning took {bench.Elapsed.TotalSeconds:F0} s of the {request.Budget.TotalSeconds:F0} s that it was given: single runs are long.");
        return new TuningResult
        {
            Name = request.Name,
            Best = Configured(session, instances, curves, batching),
            SingleLatency = TimeSpan.FromSeconds(curves[0].Alone),
            RowsPerSecond = curves.Where(point => point.Rows <= batching.MaximumBatchSize).Max(point => point.Rate),
            Front = TuningPoint.Front(points),
            Points = points,
            Tried = _samples.Count + _tried.Count,
            Grid = Grid(),
            Samples = _count,
            Duration = bench.Elapsed,
            Noise = noise,
            Warnings = warnings,
        };
    }

    // Sessions x instances x batch sizes x rows that must wait for another batch beside x delays.
    private int Grid() => Sessions().Count() * Powers(bench.Cores).Count() * Powers(Math.Min(request.MaximumBatchSize, bench.LargestBatch)).Count() * 3 * DelayShares.Length;

    private TuningSample Ask(OnnxRuntimeOptions session, BatchingOptions batching, int callers, BatchCurve curve)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _count++;
        return bench.RunEngine(session, batching, callers, Burst * 3, curve);
    }

    private TuningSample Measure(OnnxRuntimeOptions session, int rows, int instances)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _count++;
        var sample = bench.Run(session, rows, instances, Burst);
        if (!_samples.TryGetValue((session, rows, instances), out var samples))
            _samples.Add((session, rows, instances), samples = []);
        samples.Add(sample);
        return sample;
    }

    // What else runs on a machine slows whole bursts down, sharing caches and memory with them, so the quick ones tell what a batch costs. What
    // others did to the rest is in the spread and the stalls.
    private double UndisturbedTime(OnnxRuntimeOptions session, int rows, int instances) =>
        Noise.Quantile(_samples[(session, rows, instances)].Select(sample => sample.SecondsPerRun).ToArray(), Undisturbed);

    private double Cpu(OnnxRuntimeOptions session, int rows, int instances) =>
        Noise.Median(_samples[(session, rows, instances)].Select(sample => sample.CpuPerRow).ToArray());

    private bool Spent(double share) => bench.Elapsed > request.Budget * share;

    private void Say(string what) => progress?.Report($"{bench.Elapsed.TotalSeconds,5:F1} s  {what}");

    private static BatchCurve CurveOf(List<CurvePoint> curves)
    {
        // Noise must not make a larger batch cheaper than a smaller one.
        var least = 0.0;
        return new BatchCurve([.. curves.Select(point => new BatchCurvePoint(point.Rows, TimeSpan.FromSeconds(least = Math.Max(least, Math.Max(point.Alone, 1e-7)))))]);
    }

    private static double ContentionOf(List<CurvePoint> curves, int instances) =>
        instances == 1 ? 1 : Math.Max(1, Noise.Median(curves.Select(point => point.Together / point.Alone).ToArray()));

    private TunedConfiguration Configured(OnnxRuntimeOptions session, int instances, List<CurvePoint> curves, BatchingOptions batching)
    {
        var samples = curves.SelectMany(point => _samples[(session, point.Rows, 1)]).ToArray();
        double[] stalls = [.. samples.SelectMany(sample => sample.Stalls)];
        var ran = samples.Sum(sample => sample.PassedSeconds > 0 ? sample.PassedSeconds : sample.Seconds) - stalls.Sum();
        return new TunedConfiguration
        {
            Runtime = session,
            Batching = batching,
            Curve = CurveOf(curves),
            Contention = ContentionOf(curves, instances),
            Spread = SpreadOf(session, curves),
            StallsPerSecond = stalls.Length / Math.Max(1e-3, ran),
            Stalls = stalls.Length == 0 ? [] : [.. Enumerable.Range(0, Math.Min(SpreadFactors, stalls.Length)).Select(i => TimeSpan.FromSeconds(Noise.Quantile(stalls, (i + 0.5) / Math.Min(SpreadFactors, stalls.Length))))],
        };
    }

    // Of batches that run alone: what instances do to each other is the contention.
    private double[] SpreadOf(OnnxRuntimeOptions session, List<CurvePoint> curves)
    {
        var factors = curves.SelectMany(point => _samples[(session, point.Rows, 1)].SelectMany(sample => sample.Times).Select(time => time / Math.Max(1e-9, point.Alone))).ToArray();
        return factors.Length == 0 ? [] : [.. Enumerable.Range(0, SpreadFactors).Select(i => Noise.Quantile(factors, (i + 0.5) / SpreadFactors))];
    }

    private static IEnumerable<int> Powers(int last)
    {
        for (var value = 1; value < last; value *= 2)
            yield return value;
        yield return last;
    }

    private static string Describe(OnnxRuntimeOptions session) =>
        $"{session.IntraOpThreads} thread(s){(session.AllowSpinning ? ", spinning" : "")}";

    /// <summary>A batch size: its time alone, its time beside as many others as instances, and the rows a second of all.</summary>
    private sealed record CurvePoint(int Rows, double Alone, double Together, double Rate);
}
