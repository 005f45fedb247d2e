namespace MlOps.Features;

/// <summary>A saved training frame and what it was made of.</summary>
public sealed record TrainingFrameRecord
{
    /// <summary>What it is called.</summary>
    public required string Name { get; init; }

    /// <summary>The SHA-256 of the frame as <see cref="DataFrame.Save"/> writes it, which is its version: <c>sha256:...</c>.</summary>
    public required string Digest { get; init; }

    /// <summary>Bytes.</summary>
    public required long Size { get; init; }

    /// <summary>Rows.</summary>
    public required long Rows { get; init; }

    /// <summary>Columns.</summary>
    public required int Columns { get; init; }

    /// <summary>The feature service.</summary>
    public required string Service { get; init; }

    /// <summary>The service with the hash of its definitions, <c>name@hash</c>.</summary>
    public required string ServiceId { get; init; }

    /// <summary>The digest of the spine; null where it is not known.</summary>
    public string? SpineDigest { get; init; }

    /// <summary>How it was joined.</summary>
    public required TrainingFrameOptions Options { get; init; }

    /// <summary>By view, the last commit that was read; empty where it is not known.</summary>
    public IReadOnlyDictionary<string, long> Commits { get; init; } = new Dictionary<string, long>();

    /// <summary>When it was saved.</summary>
    public required Timestamp CreatedAt { get; init; }
}
