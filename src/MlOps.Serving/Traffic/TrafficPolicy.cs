namespace MlOps.Serving;

/// <summary>Which model versions answer an endpoint's requests. Immutable.</summary>
public sealed record TrafficPolicy
{
    /// <summary>The variant name of the version that serves by default.</summary>
    public const string Stable = "stable";

    /// <summary>The variant name of a version on trial.</summary>
    public const string CanaryVariant = "canary";

    /// <summary>The variant name of the version that holds the title.</summary>
    public const string Champion = "champion";

    /// <summary>The variant name of the version that contests it.</summary>
    public const string Challenger = "challenger";

    /// <summary>The variant of answers that a fall-back chain gave; no policy may use it.</summary>
    public const string FallbackVariant = "fallback";

    /// <summary>The variant of default answers; no policy may use it.</summary>
    public const string DefaultVariant = "default";

    /// <summary>What the policy is for.</summary>
    /// <value>Default: <see cref="TrafficKind.Split"/>, which is read back as single or canary where it is one.</value>
    public TrafficKind Kind { get; init; }

    /// <summary>The versions and their weights; each version once. A bandit does not look at the weights.</summary>
    public required IReadOnlyList<TrafficShare> Shares { get; init; }

    /// <summary>A version that is mirrored, or null.</summary>
    public TrafficShadow? Shadow { get; init; }

    /// <summary>How a canary grows, or null.</summary>
    public TrafficRamp? Ramp { get; init; }

    /// <summary>How a bandit chooses, or null.</summary>
    public BanditOptions? Bandit { get; init; }

    /// <summary>All traffic to one version.</summary>
    /// <param name="version">The version.</param>
    /// <returns>The policy.</returns>
    public static TrafficPolicy Single(ModelVersionRef version) => new() { Kind = TrafficKind.Single, Shares = [new TrafficShare(version, 1, Stable)] };

    /// <summary>A part of the traffic to a version on trial.</summary>
    /// <param name="stable">The version that serves now.</param>
    /// <param name="canary">The version on trial.</param>
    /// <param name="share">Its part, above 0 and below 1.</param>
    /// <returns>The policy.</returns>
    public static TrafficPolicy Canary(ModelVersionRef stable, ModelVersionRef canary, double share) =>
        new() { Kind = TrafficKind.Canary, Shares = [new TrafficShare(stable, 1 - share, Stable), new TrafficShare(canary, share, CanaryVariant)] };

    /// <summary>A version on trial whose part grows by itself.</summary>
    /// <param name="stable">The version that serves now.</param>
    /// <param name="canary">The version on trial.</param>
    /// <param name="ramp">Its steps and guard.</param>
    /// <returns>The policy.</returns>
    public static TrafficPolicy Canary(ModelVersionRef stable, ModelVersionRef canary, TrafficRamp ramp)
    {
        ArgumentNullException.ThrowIfNull(ramp);
        ramp.Validate();
        return Canary(stable, canary, ramp.Steps[ramp.Step].Share) with { Ramp = ramp };
    }

    /// <summary>An A/B test: named variants by weight.</summary>
    /// <param name="variants">The variants.</param>
    /// <returns>The policy.</returns>
    public static TrafficPolicy Split(params IReadOnlyList<TrafficShare> variants) => new() { Kind = TrafficKind.Split, Shares = variants };

    /// <summary>A multi-armed bandit: the variants that are rewarded get the traffic.</summary>
    /// <param name="options">How it chooses.</param>
    /// <param name="variants">The variants and their versions.</param>
    /// <returns>The policy.</returns>
    public static TrafficPolicy MultiArmed(BanditOptions options, params IReadOnlyList<(string Variant, ModelVersionRef Version)> variants)
    {
        ArgumentNullException.ThrowIfNull(variants);
        return new() { Kind = TrafficKind.Bandit, Bandit = options, Shares = [.. variants.Select(variant => new TrafficShare(variant.Version, 1, variant.Variant))] };
    }

    /// <summary>A challenger that answers nobody: it is given copies of the champion's requests and compared.</summary>
    /// <param name="champion">The version that answers.</param>
    /// <param name="challenger">The version compared with it.</param>
    /// <returns>The policy.</returns>
    public static TrafficPolicy ChampionChallenger(ModelVersionRef champion, ModelVersionRef challenger) =>
        new() { Kind = TrafficKind.ChampionChallenger, Shares = [new TrafficShare(champion, 1, Champion)], Shadow = new TrafficShadow(challenger) };

    /// <summary>A challenger with a share of the traffic.</summary>
    /// <param name="champion">The version that holds the title.</param>
    /// <param name="challenger">The version that contests it.</param>
    /// <param name="share">Its part, above 0 and below 1.</param>
    /// <returns>The policy.</returns>
    public static TrafficPolicy ChampionChallenger(ModelVersionRef champion, ModelVersionRef challenger, double share) => new()
    {
        Kind = TrafficKind.ChampionChallenger,
        Shares = [new TrafficShare(champion, 1 - share, Champion), new TrafficShare(challenger, share, Challenger)],
    };

    /// <summary>The same traffic, mirrored to another version.</summary>
    /// <param name="version">The version that is given copies.</param>
    /// <param name="share">The part of the requests that is mirrored.</param>
    /// <returns>The policy.</returns>
    public TrafficPolicy WithShadow(ModelVersionRef version, double share = 1) => this with { Shadow = new TrafficShadow(version, share) };

    /// <summary>Checks the policy.</summary>
    /// <exception cref="InvalidDefinitionException">It has no version, one twice, a weight that is not positive and finite, or parts that do not fit its kind; the message names the field.</exception>
    public void Validate()
    {
        if (Shares.Count == 0)
            throw new InvalidDefinitionException("Shares: a traffic policy needs at least one version.");
        for (var i = 0; i < Shares.Count; i++)
        {
            var share = Shares[i];
            if (!double.IsFinite(share.Weight) || share.Weight <= 0)
                throw new InvalidDefinitionException($"Shares[{i}].Weight: the weight {share.Weight} of {share.Version} is not allowed: weights are positive; leave a version out to give it no traffic.");
            if (string.IsNullOrWhiteSpace(share.Variant))
                throw new InvalidDefinitionException($"Shares[{i}].Variant: the variant of {share.Version} has no name.");
            if (share.Variant is FallbackVariant or DefaultVariant)
                throw new InvalidDefinitionException($"Shares[{i}].Variant: '{share.Variant}' is what answers of fall-backs are called: choose another name.");
        }

        if (Shares.Select(share => share.Version).Distinct().Count() != Shares.Count || Shares.Select(share => share.Variant).Distinct().Count() != Shares.Count)
            throw new InvalidDefinitionException("Shares: a traffic policy names a version or a variant twice.");
        if (Shadow is { } shadow)
        {
            if (!double.IsFinite(shadow.Share) || shadow.Share is <= 0 or > 1)
                throw new InvalidDefinitionException($"Shadow.Share: the shadow's share {shadow.Share} is not allowed: it lies above 0 and at most at 1.");
            if (!(double.IsFinite(shadow.Tolerance) && shadow.Tolerance >= 0))
                throw new InvalidDefinitionException($"Shadow.Tolerance {shadow.Tolerance} is not allowed: it is 0 or positive.");
        }

        ValidateKind();
    }

    private void ValidateKind()
    {
        if (!Enum.IsDefined(Kind))
            throw new InvalidDefinitionException($"Kind {Kind} is not one of {string.Join(", ", Enum.GetNames<TrafficKind>())}.");
        if (Kind == TrafficKind.Single && Shares.Count != 1)
            throw new InvalidDefinitionException($"Kind: a single version serves alone; Shares has {Shares.Count}.");
        if ((Kind == TrafficKind.Bandit) != (Bandit is not null))
            throw new InvalidDefinitionException(Bandit is null ? "Bandit: a bandit needs its options." : $"Bandit is given, but Kind is {Kind}: use TrafficPolicy.MultiArmed.");
        if (Bandit is not null && Shares.Count < 2)
            throw new InvalidDefinitionException("Shares: a bandit chooses among at least two variants.");
        Bandit?.Validate();
        if (Ramp is null)
            return;
        Ramp.Validate();
        if (Kind != TrafficKind.Canary || Shares.Count != 2)
            throw new InvalidDefinitionException($"Ramp is given, but Kind is {Kind} with {Shares.Count} versions: only a canary beside one stable version grows; use TrafficPolicy.Canary.");
    }
}
