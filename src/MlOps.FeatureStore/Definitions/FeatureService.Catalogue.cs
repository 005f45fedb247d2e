namespace MlOps.Features;

public sealed partial class FeatureService
{
    /// <summary>The version, part of the service's identity; the views and features that it stands for are hashed too.</summary>
    /// <value>1 by default.</value>
    public int Version { get; init; } = 1;

    /// <summary>Who answers for it: a user's name, or <c>group:name</c>. May change freely.</summary>
    public string? Owner { get; init; }

    /// <summary>Its tags; may change freely.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];
}
