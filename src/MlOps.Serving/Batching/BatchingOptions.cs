namespace MlOps.Serving;

/// <summary>How requests join batches.</summary>
public sealed record BatchingOptions
{
    /// <summary>The most rows of a batch.</summary>
    /// <value>Default: 256.</value>
    public int MaximumBatchSize { get; init; } = 256;

    /// <summary>How long an idle engine waits for mates of the first request.</summary>
    /// <remarks>Waits only where the measured curve says that the mates expected meanwhile save more time than the wait costs.</remarks>
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

    /// <summary>Sizes that batches should have: the largest that is not above the rows waiting is taken. Ascending, each once.</summary>
    /// <value>Default: none, a batch takes all rows that wait and fit.</value>
    public IReadOnlyList<int> PreferredBatchSizes { get; init; } = [];

    /// <summary>Whether batches are filled up to the next preferred size with copies of a row, for models that are fast at fixed sizes only.</summary>
    /// <value>Default: false.</value>
    public bool PadToPreferred { get; init; }

    /// <summary>
    /// How long one run of the model may take. After that its callers are told that it failed, the run is asked to end and another leader
    /// goes on. With a limit, callers never run the model on their own thread, which costs a hand-over each.
    /// </summary>
    /// <value>Default: null, without limit.</value>
    public TimeSpan? RunTimeout { get; init; }

    /// <summary>Decides how many rows a batch takes, in place of the built-in rule.</summary>
    /// <value>Default: null, the built-in rule: all rows that wait and fit, at once.</value>
    public IBatchPolicy? Policy { get; init; }

    /// <summary>Answers kept for inputs that come again.</summary>
    /// <value>Default: none.</value>
    public ResponseCacheOptions Cache { get; init; } = new();

    /// <summary>How requests in tensors join batches.</summary>
    /// <value>Default: a <see cref="TensorBatchingOptions"/> of defaults.</value>
    public TensorBatchingOptions Tensors { get; init; } = new();
}
