using System.Globalization;
using MlOps.Serving;

namespace MlOps;

/// <summary>How one model is served; <c>tune</c> and <see cref="TuningReport"/> write this section.</summary>
public sealed class TunedModelSettings
{
    /// <summary>Threads of one run.</summary>
    /// <value>Default: 1. Range: 1 to 1,024.</value>
    public int IntraOpThreads { get; set; } = 1;

    /// <summary>Whether idle worker threads spin.</summary>
    /// <value>Default: false.</value>
    public bool AllowSpinning { get; set; }

    /// <summary>The most rows of a batch.</summary>
    /// <value>Default: 64. Range: 1 to 65,536.</value>
    public int MaxBatchSize { get; set; } = 64;

    /// <summary>How long an idle engine waits for mates of the first request.</summary>
    /// <value>Default: zero.</value>
    public TimeSpan MaxDelay { get; set; }

    /// <summary>Batches that may run at once.</summary>
    /// <value>Default: 0, as many as there are cores, at most 8.</value>
    public int Parallelism { get; set; }

    /// <summary>Rows that must wait before another batch runs beside those that are running.</summary>
    /// <value>Default: 0, measured when the model is loaded.</value>
    public int ParallelRows { get; set; }

    /// <summary>How much longer a batch takes when all instances run at once.</summary>
    /// <value>Default: 1.</value>
    public double Contention { get; set; } = 1;

    /// <summary>What batches cost: microseconds by rows.</summary>
    /// <value>Default: empty, not known.</value>
    public Dictionary<string, double> CurveMicroseconds { get; set; } = [];

    internal void Validate(string key, ICollection<string> failures)
    {
        if (IntraOpThreads is < 1 or > 1024)
            failures.Add($"{key}:IntraOpThreads is {IntraOpThreads}: use 1 to 1024.");
        if (MaxBatchSize is < 1 or > 65_536)
            failures.Add($"{key}:MaxBatchSize is {MaxBatchSize}: use 1 to 65536.");
        if (MaxDelay < TimeSpan.Zero || MaxDelay > TimeSpan.FromMinutes(1))
            failures.Add($"{key}:MaxDelay is {MaxDelay}: use 00:00:00 to 00:01:00.");
        if (Parallelism is < 0 or > 1024)
            failures.Add($"{key}:Parallelism is {Parallelism}: use 1 to 1024, or 0 for as many as there are cores.");
        if (ParallelRows < 0)
            failures.Add($"{key}:ParallelRows is {ParallelRows}: use 1 or more, or 0 to have it measured.");
        if (!(Contention >= 1) || !double.IsFinite(Contention))
            failures.Add($"{key}:Contention is {Contention}: use 1 or more.");
        foreach (var (rows, time) in CurveMicroseconds)
        {
            if (!int.TryParse(rows, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number < 1 || !(time >= 0.1) || !double.IsFinite(time))
                failures.Add($"{key}:CurveMicroseconds:{rows} is {time}: name a number of rows from 1 and give microseconds from 0.1.");
        }
    }

    internal TunedConfiguration ToConfiguration(BatchingOptions environment) => new()
    {
        Runtime = new OnnxRuntimeOptions { IntraOpThreads = IntraOpThreads, AllowSpinning = AllowSpinning },
        Batching = environment with { MaximumBatchSize = MaxBatchSize, MaximumDelay = MaxDelay, Parallelism = Parallelism, ParallelRows = ParallelRows },
        Contention = Contention,
        Curve = CurveMicroseconds.Count == 0 ? null : new BatchCurve(
            [.. CurveMicroseconds.Select(pair => new BatchCurvePoint(int.Parse(pair.Key, CultureInfo.InvariantCulture), TimeSpan.FromMicroseconds(pair.Value))).OrderBy(point => point.Rows)]),
    };
}
