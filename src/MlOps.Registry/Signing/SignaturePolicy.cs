namespace MlOps.Registry;

/// <summary>Whose signatures count, how many are needed, and where. Immutable; registered keyed by the environment's name.</summary>
public sealed record SignaturePolicy
{
    /// <summary>A policy that asks for nothing.</summary>
    public static SignaturePolicy None { get; } = new() { RequiredAt = SignaturePoints.None };

    /// <summary>The keys whose signatures count.</summary>
    public IReadOnlyList<TrustedKey> Keys { get; init; } = [];

    /// <summary>The roots under which certificates count.</summary>
    public IReadOnlyList<TrustedRoot> Roots { get; init; } = [];

    /// <summary>How many different signers must have signed a version. Two certificates of one subject, and a key with its own certificate, are one signer.</summary>
    /// <value>Default: 1.</value>
    public int MinimumSigners { get; init; } = 1;

    /// <summary>Whether a trusted signer must have signed a SLSA provenance of the version too.</summary>
    /// <value>Default: false.</value>
    public bool RequireProvenance { get; init; }

    /// <summary>Where signatures are asked for.</summary>
    /// <value>Default: at promotion and at load.</value>
    public SignaturePoints RequiredAt { get; init; } = SignaturePoints.All;

    /// <summary>Looks for mistakes that would let nothing pass, or everything.</summary>
    /// <returns>Mistakes, each with its remedy; empty when all is well.</returns>
    public IReadOnlyList<string> FindMistakes()
    {
        var mistakes = new List<string>();
        if ((RequiredAt & ~SignaturePoints.All) != 0)
            mistakes.Add($"RequiredAt is '{RequiredAt}': use None, Promotion, Load or All.");
        if (MinimumSigners is < 1 or > 100)
            mistakes.Add($"MinimumSigners is {MinimumSigners}: use 1 to 100, and RequiredAt None to ask for nothing.");
        if (RequiredAt != SignaturePoints.None && Keys.Count == 0 && Roots.Count == 0)
            mistakes.Add("Signatures are required, but no key and no root is trusted, so that nothing could ever pass: name a trusted key or root.");
        else if (RequiredAt != SignaturePoints.None && Roots.Count == 0 && MinimumSigners > Keys.DistinctBy(key => key.Fingerprint).Count())
            mistakes.Add($"MinimumSigners is {MinimumSigners}, but only {Keys.DistinctBy(key => key.Fingerprint).Count()} different keys are trusted, so that nothing could ever pass.");
        return mistakes;
    }
}
