namespace MlOps.Serving;

/// <summary>Which model versions answer an endpoint's requests. Immutable.</summary>
public sealed record TrafficPolicy
{
    /// <summary>The variant name of the version that serves by default.</summary>
    public const string Stable = "stable";

    /// <summary>The variant name of a version on trial.</summary>
    public const string CanaryVariant = "canary";

    /// <summary>The versions and their weights; each version once.</summary>
    public required IReadOnlyList<TrafficShare> Shares { get; init; }

    /// <summary>A version that is mirrored, or null.</summary>
    public TrafficShadow? Shadow { get; init; }

    /// <summary>All traffic to one version.</summary>
    /// <param name="version">The version.</param>
    /// <returns>The policy.</returns>
    public static TrafficPolicy Single(ModelVersionRef version) => new() { Shares = [new TrafficShare(version, 1, Stable)] };

    /// <summary>A part of the traffic to a version on trial.</summary>
    /// <param name="stable">The version that serves now.</param>
    /// <param name="canary">The version on trial.</param>
    /// <param name="share">Its part, above 0 and below 1.</param>
    /// <returns>The policy.</returns>
    public static TrafficPolicy Canary(ModelVersionRef stable, ModelVersionRef canary, double share) =>
        new() { Shares = [new TrafficShare(stable, 1 - share, Stable), new TrafficShare(canary, share, CanaryVariant)] };

    /// <summary>The same traffic, mirrored to another version.</summary>
    /// <param name="version">The version that is given copies.</param>
    /// <param name="share">The part of the requests that is mirrored.</param>
    /// <returns>The policy.</returns>
    public TrafficPolicy WithShadow(ModelVersionRef version, double share = 1) => this with { Shadow = new TrafficShadow(version, share) };

    /// <summary>Checks the policy.</summary>
    /// <exception cref="InvalidDefinitionException">It has no version, one twice, or a weight that is not positive and finite.</exception>
    public void Validate()
    {
        if (Shares.Count == 0)
            throw new InvalidDefinitionException("A traffic policy needs at least one version.");
        foreach (var share in Shares)
        {
            if (!double.IsFinite(share.Weight) || share.Weight <= 0)
                throw new InvalidDefinitionException($"The weight {share.Weight} of {share.Version} is not allowed: weights are positive; leave a version out to give it no traffic.");
            if (string.IsNullOrWhiteSpace(share.Variant))
                throw new InvalidDefinitionException($"The variant of {share.Version} has no name.");
        }

        if (Shares.Select(share => share.Version).Distinct().Count() != Shares.Count || Shares.Select(share => share.Variant).Distinct().Count() != Shares.Count)
            throw new InvalidDefinitionException("A traffic policy names a version or a variant twice.");
        if (Shadow is { } shadow && (!double.IsFinite(shadow.Share) || shadow.Share is <= 0 or > 1))
            throw new InvalidDefinitionException($"The shadow's share {shadow.Share} is not allowed: it lies above 0 and at most at 1.");
    }
}
