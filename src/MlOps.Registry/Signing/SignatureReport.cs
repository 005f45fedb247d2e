namespace MlOps.Registry;

/// <summary>Whether a version has the signatures that a policy asks for, and what was found of each.</summary>
/// <param name="Version">The version.</param>
/// <param name="ManifestDigest">The digest of its manifest.</param>
/// <param name="Passed">Whether enough trusted signers have signed it.</param>
/// <param name="Signatures">What was found of each signature, in the order in which they were added.</param>
/// <param name="Missing">The trusted keys and roots without an accepted signature of the version.</param>
/// <param name="Message">The result in a sentence: who signed, or what is missing and why each signature was refused.</param>
public sealed record SignatureReport(
    ModelVersionRef Version, string ManifestDigest, bool Passed, IReadOnlyList<SignatureFinding> Signatures, IReadOnlyList<string> Missing, string Message)
{
    /// <summary>Returns when the version passed, and throws otherwise.</summary>
    /// <returns>This.</returns>
    /// <exception cref="UntrustedModelException">Signatures are missing; the message says which and why each one there is refused.</exception>
    public SignatureReport EnsurePassed() => Passed ? this : throw new UntrustedModelException(Message);
}
