namespace MlOps;

/// <summary>What became of one expectation.</summary>
public sealed record DataCheckResult
{
    /// <summary>What it is about.</summary>
    public required DataCheckKind Kind { get; init; }

    /// <summary>The columns it is about; empty for the whole frame.</summary>
    public IReadOnlyList<string> Columns { get; init; } = [];

    /// <summary>Columns and what is expected of them, for people.</summary>
    public required string Expectation { get; init; }

    /// <summary>What is expected.</summary>
    public required string Expected { get; init; }

    /// <summary>Whether it is so.</summary>
    public required bool Passed { get; init; }

    /// <summary>What was found.</summary>
    public required string Observed { get; init; }

    /// <summary>How many rows fail; 0 where the expectation is not about single rows.</summary>
    public long FailingRows { get; init; }

    /// <summary>The numbers of the first failing rows, from 0.</summary>
    public IReadOnlyList<int> FirstRows { get; init; } = [];

    /// <summary>The values in those rows as text; null where there is none. They may be sensitive: they are in reports, never in messages and logs.</summary>
    public IReadOnlyList<string?> Samples { get; init; } = [];
}
