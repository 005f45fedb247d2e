namespace MlOps.Features;

/// <summary>What uses a feature, through the services that the caller may see.</summary>
public sealed record FeatureUsage
{
    /// <summary>The services, <c>name@hash</c>, those declared now first.</summary>
    public required IReadOnlyList<string> Services { get; init; }

    /// <summary>The model versions, <c>model:version</c>.</summary>
    public required IReadOnlyList<string> ModelVersions { get; init; }

    /// <summary>The runs that read a training frame with it.</summary>
    public required IReadOnlyList<string> Runs { get; init; }

    /// <summary>The training frames by their digests.</summary>
    public required IReadOnlyList<string> Frames { get; init; }

    /// <summary>The endpoints that serve or served such a version.</summary>
    public required IReadOnlyList<string> Endpoints { get; init; }

    /// <summary>Whether a limit ended the search, so that there may be more.</summary>
    public required bool IsTruncated { get; init; }
}
