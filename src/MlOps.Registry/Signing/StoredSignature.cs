namespace MlOps.Registry;

/// <summary>A signature of a version as stored.</summary>
/// <param name="Version">The version.</param>
/// <param name="Id">The SHA-256 of the bundle, <c>sha256:</c> and 64 hexadecimal digits.</param>
/// <param name="PredicateType">Which claim was signed.</param>
/// <param name="Signer">What the bundle says of its signer: a key's fingerprint or a certificate's subject. Not verified; ask <see cref="IModelSignatures.VerifyAsync"/>.</param>
/// <param name="SignedAt">When it was first stored in an environment of this library: the moment at which certificates must have been valid.</param>
/// <param name="AddedBy">Who stored it here.</param>
/// <param name="Bundle">The Sigstore bundle as JSON in UTF-8.</param>
public sealed record StoredSignature(
    ModelVersionRef Version, string Id, string PredicateType, string Signer, Timestamp SignedAt, string AddedBy, ReadOnlyMemory<byte> Bundle);
