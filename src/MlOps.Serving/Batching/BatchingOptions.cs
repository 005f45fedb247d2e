namespace MlOps.Serving;

/// <summary>How requests join batches.</summary>
public sealed record BatchingOptions
{
    /// <summary>The most rows of a batch.</summary>
    /// <value>Default: 256.</value>
    public int MaximumBatchSize { get; init; } = 256;

    /// <summary>How long an idle engine waits for mates of the first request.</summary>
    /// <value>Default: zero, the first request runs at once and those that come meanwhile form the next batch.</value>
    public TimeSpan MaximumDelay { get; init; } = TimeSpan.Zero;

    /// <summary>Rows that may wait; more are refused.</summary>
    /// <value>Default: 4,096.</value>
    public int QueueLimit { get; init; } = 4096;

    /// <summary>Batches that may run at once.</summary>
    /// <value>Default: 0, as many as the process has cores, at most 8.</value>
    public int Parallelism { get; init; }

    /// <summary>Rows that must wait before another batch runs beside those that are running.</summary>
    /// <value>Default: 0, measured at warm-up: the smallest batch whose time per row is within a fifth of the best.</value>
    public int ParallelRows { get; init; }

    /// <summary>How long the engine may spend per batch in its callers' continuations before the rest continue on the thread pool.</summary>
    /// <value>Default: 250 microseconds.</value>
    public TimeSpan InlineBudget { get; init; } = TimeSpan.FromMicroseconds(250);

    /// <summary>What happens to features that are NaN, which is how absent features look. Infinities are always refused.</summary>
    /// <value>Default: <see cref="MissingFeatures.Reject"/>.</value>
    public MissingFeatures MissingFeatures { get; init; } = MissingFeatures.Reject;

    /// <summary>How requests in tensors join batches.</summary>
    /// <value>Default: a <see cref="TensorBatchingOptions"/> of defaults.</value>
    public TensorBatchingOptions Tensors { get; init; } = new();
}
