namespace MlOps.Registry;

/// <summary>How a run starts.</summary>
public sealed record RunOptions
{
    /// <summary>A name for people.</summary>
    /// <value>Default: empty.</value>
    public string Name { get; init; } = "";

    /// <summary>Starts at most once under this key within the experiment: a second call resumes the run. Null: always a new run.</summary>
    public string? Key { get; init; }

    /// <summary>The run that this one is part of.</summary>
    public string? ParentRunId { get; init; }

    /// <summary>Labels.</summary>
    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>();

    /// <summary>How often the processor, memory, disk and GPUs are measured and logged as metrics <c>system/...</c>; null for never. At least a second.</summary>
    /// <value>Default: 10 seconds.</value>
    public TimeSpan? SystemMetricsInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Whether leaving the scope (disposal) without <see cref="IRun.CompleteAsync"/> counts as success. Set it to false where a scope left by an
    /// exception must not read as completed: the run is marked failed then.
    /// </summary>
    /// <value>Default: true.</value>
    public bool CompleteOnDispose { get; init; } = true;

    /// <summary>What logging a metric does while the store is so slow, or failing, that the buffer is full.</summary>
    /// <value>Default: <see cref="FullBuffer.Refuse"/>.</value>
    public FullBuffer WhenFull { get; init; } = FullBuffer.Refuse;
}
