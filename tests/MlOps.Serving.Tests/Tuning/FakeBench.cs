namespace MlOps.Serving.Tests.Tuning;

/// <summary>A machine whose speeds are formulas, with noise from a seed, on a clock of its own.</summary>
internal sealed class FakeBench(Func<OnnxRuntimeOptions, int, int, double> secondsPerBatch, double noise = 0.02, int seed = 1) : ITuningBench
{
    private readonly Random _random = new(seed);
    private double _now;

    public int Cores { get; init; } = 2;

    public int LargestBatch { get; init; } = 1024;

    public int DistinctRows { get; init; } = 4096;

    public TimeSpan Elapsed => TimeSpan.FromSeconds(_now);

    /// <summary>How many times longer everything takes than it works; each time a little different.</summary>
    public double Disturbance { get; init; } = 1;

    public int Calls { get; private set; }

    public List<OnnxRuntimeOptions> Released { get; } = [];

    /// <summary>Overhead of the engine for each row.</summary>
    public double RowOverhead { get; init; } = 2e-7;

    public TuningSample Run(OnnxRuntimeOptions session, int rows, int instances, TimeSpan atLeast)
    {
        Calls++;
        var time = secondsPerBatch(session, rows, instances) * Noisy();
        var runs = Math.Max(1, (int)(atLeast.TotalSeconds / time));
        _now += runs * time;
        var sample = new TuningSample((long)runs * rows * instances, runs * time, time, runs * time * instances * Math.Max(1, session.IntraOpThreads));
        return Disturbance == 1 ? sample : sample with { PassedSeconds = sample.Seconds * Disturbed() };
    }

    public TuningSample RunEngine(OnnxRuntimeOptions session, BatchingOptions batching, int callers, TimeSpan atLeast, BatchCurve? curve = null)
    {
        Calls++;
        var instances = Math.Min(batching.Parallelism, callers);
        if (instances > 1 && callers < batching.ParallelRows * 2)
            instances = 1;
        var rows = Math.Min(batching.MaximumBatchSize, Math.Max(1, callers / instances));
        var time = (secondsPerBatch(session, rows, instances) + (rows * RowOverhead)) * Noisy();
        var runs = Math.Max(1, (int)(atLeast.TotalSeconds / time));
        _now += runs * time;
        return new TuningSample((long)runs * rows * instances, runs * time * Disturbed(), 0, runs * time * instances);
    }

    public void Release(OnnxRuntimeOptions session) => Released.Add(session);

    public void Dispose()
    {
    }

    private double Disturbed() => Disturbance == 1 ? 1 : Disturbance * (0.2 + (1.6 * _random.NextDouble()));

    private double Noisy() => 1 + (noise * ((_random.NextDouble() + _random.NextDouble()) - 1));
}
