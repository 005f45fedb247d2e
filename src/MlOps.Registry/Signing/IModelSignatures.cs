namespace MlOps.Registry;

/// <summary>The signatures of the model versions of one environment. They are durable, audited, and travel with a version that is copied. Thread-safe.</summary>
public interface IModelSignatures
{
    /// <summary>Signs everything that a version consists of, in the format of OpenSSF Model Signing v1.0, and stores the signature.</summary>
    /// <param name="version">The version.</param>
    /// <param name="signer">Whose key.</param>
    /// <param name="cancellationToken">Cancels; nothing is stored then.</param>
    /// <returns>The signature.</returns>
    /// <exception cref="InvalidInputException">The key is not supported, or the certificate is not valid now.</exception>
    /// <exception cref="CorruptDataException">A blob of the version does not match its digest: nothing damaged is signed.</exception>
    ValueTask<StoredSignature> SignAsync(ModelVersionRef version, IModelSigner signer, CancellationToken cancellationToken = default);

    /// <summary>Signs a claim about a version, for instance <see cref="SlsaProvenance"/>, and stores it.</summary>
    /// <param name="version">The version.</param>
    /// <param name="statement">The claim; a subject is the version's manifest.</param>
    /// <param name="signer">Whose key.</param>
    /// <param name="cancellationToken">Cancels; nothing is stored then.</param>
    /// <returns>The signature.</returns>
    /// <exception cref="InvalidInputException">The claim is not about this version, or the key is not supported.</exception>
    ValueTask<StoredSignature> SignAsync(ModelVersionRef version, InTotoStatement statement, IModelSigner signer, CancellationToken cancellationToken = default);

    /// <summary>Stores a signature that was made elsewhere, for instance with <c>model_signing</c> over an exported version. Storing it again changes nothing.</summary>
    /// <param name="version">The version.</param>
    /// <param name="bundle">The Sigstore bundle, JSON in UTF-8.</param>
    /// <param name="cancellationToken">Cancels; nothing is stored then.</param>
    /// <returns>The signature.</returns>
    /// <exception cref="InvalidInputException">It is not a bundle, or was made for something else than this version; the message says why.</exception>
    ValueTask<StoredSignature> AddAsync(ModelVersionRef version, ReadOnlyMemory<byte> bundle, CancellationToken cancellationToken = default);

    /// <summary>The signatures of a version, oldest first.</summary>
    /// <param name="version">The version.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The signatures.</returns>
    ValueTask<IReadOnlyList<StoredSignature>> ListAsync(ModelVersionRef version, CancellationToken cancellationToken = default);

    /// <summary>Verifies the signatures of a version: who signed, what is covered, and why each other one is refused.</summary>
    /// <param name="version">The version.</param>
    /// <param name="policy">Whose signatures count. <see cref="SignaturePolicy.RequiredAt"/> plays no part here.</param>
    /// <param name="readContent">Whether every blob is read and compared with its digest too; false when that happens elsewhere, as at load.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The report; see <see cref="SignatureReport.EnsurePassed"/>.</returns>
    /// <exception cref="CorruptDataException">A blob of the version does not match its digest.</exception>
    ValueTask<SignatureReport> VerifyAsync(ModelVersionRef version, SignaturePolicy policy, bool readContent = true, CancellationToken cancellationToken = default);

    /// <summary>
    /// Writes a version as a directory that <see cref="ModelSigning.VerifyDirectoryAsync"/> and <c>model_signing verify</c> take: <c>manifest.json</c>,
    /// <c>config.json</c>, <c>Kind/name</c> for each artifact, and the signatures as <c>signatures/1.sig</c> and so on.
    /// </summary>
    /// <param name="version">The version.</param>
    /// <param name="directory">A directory that does not exist yet or is empty.</param>
    /// <param name="cancellationToken">Cancels between files; what was written stays.</param>
    /// <returns>A task that ends when everything is durable.</returns>
    /// <exception cref="InvalidInputException">The directory has content.</exception>
    ValueTask ExportAsync(ModelVersionRef version, string directory, CancellationToken cancellationToken = default);
}
