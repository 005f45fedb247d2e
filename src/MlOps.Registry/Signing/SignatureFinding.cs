namespace MlOps.Registry;

/// <summary>What was found of one signature.</summary>
/// <param name="Id">The SHA-256 of the bundle, as <see cref="StoredSignature.Id"/>.</param>
/// <param name="Accepted">Whether it is valid, by a trusted signer, and covers what it should.</param>
/// <param name="PredicateType">Which claim was signed; empty when the bundle cannot be read.</param>
/// <param name="Signer">Who signed: the trusted key's name and fingerprint, or the certificate's subject and root; for a refused one, what it says of itself.</param>
/// <param name="Covered">The names of what the signature covers; empty when it is refused.</param>
/// <param name="Reason">Why it was refused, or how it was verified.</param>
public sealed record SignatureFinding(string Id, bool Accepted, string PredicateType, string Signer, IReadOnlyList<string> Covered, string Reason)
{
    // What makes two signatures those of one signer.
    internal string Identity { get; init; } = "";

    internal string KeyFingerprint { get; init; } = "";
}
