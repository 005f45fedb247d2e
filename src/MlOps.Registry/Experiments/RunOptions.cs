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
}
