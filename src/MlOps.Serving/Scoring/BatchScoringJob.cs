namespace MlOps.Serving;

/// <summary>A scoring of many rows.</summary>
public sealed record BatchScoringJob
{
    /// <summary>The name under which its predictions are looked up.</summary>
    public required string Name { get; init; }

    /// <summary>Names this run: calling again with the same name resumes it, or returns its result when it has ended.</summary>
    public required string Run { get; init; }

    /// <summary>The columns that make up a row's key, joined with <c>|</c>.</summary>
    public IReadOnlyList<string> KeyColumns { get; init; } = [];

    /// <summary>The endpoint whose version with the largest share scores, when <see cref="Version"/> is null.</summary>
    public string? Endpoint { get; init; }

    /// <summary>The model version that scores; null takes the endpoint's.</summary>
    public ModelVersionRef? Version { get; init; }

    /// <summary>The feature columns in the model's order.</summary>
    /// <value>Default: null, the names of the version's signature.</value>
    public IReadOnlyList<string>? FeatureColumns { get; init; }

    /// <summary>Rows that are made durable together.</summary>
    /// <value>Default: 2,000.</value>
    public int CommitRows { get; init; } = 2000;

    /// <summary>Told of the rows done after every commit.</summary>
    public IProgress<long>? Progress { get; init; }
}
