using MlOps.Registry;

namespace MlOps;

/// <summary>Whose signatures a model version needs in an environment.</summary>
public sealed class SignatureOptions
{
    /// <summary>Public keys whose signatures count, by a name of one's own: PEM text, or the path of a PEM file.</summary>
    public Dictionary<string, string> TrustedKeys { get; set; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Root certificates under which signatures count, by a name of one's own.</summary>
    public Dictionary<string, TrustedRootOptions> TrustedRoots { get; set; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>How many different signers must have signed.</summary>
    /// <value>Default: 1. Range: 1 to 100.</value>
    public int MinimumSigners { get; set; } = 1;

    /// <summary>Whether a trusted signer must have signed a SLSA provenance too.</summary>
    /// <value>Default: false.</value>
    public bool RequireProvenance { get; set; }

    /// <summary>Where signatures are asked for.</summary>
    /// <value>Default: null, at promotion and at load when a key or root is trusted, and nowhere otherwise.</value>
    public SignaturePoints? RequiredAt { get; set; }
}
