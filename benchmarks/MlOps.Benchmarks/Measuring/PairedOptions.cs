namespace MlOps.Benchmarks.Measuring;

/// <summary>How a paired measurement is taken.</summary>
public sealed record PairedOptions
{
    /// <value>Default 32 bursts of each contender.</value>
    public int Rounds { get; init; } = 32;

    /// <summary>How long a burst lasts at least; the number of its operations is found in the warm-up.</summary>
    /// <value>Default 10 ms.</value>
    public TimeSpan BurstTime { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>How long each contender runs before anything counts, so that tiered compilation is done.</summary>
    /// <value>Default 0.5 s.</value>
    public TimeSpan WarmUp { get; init; } = TimeSpan.FromSeconds(0.5);

    /// <summary>A fixed number of operations in a burst instead of <see cref="BurstTime"/>.</summary>
    /// <value>Default none.</value>
    public int? Operations { get; init; }
}
