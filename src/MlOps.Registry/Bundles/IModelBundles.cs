namespace MlOps.Registry;

/// <summary>
/// Model versions as files that leave the environment: an OCI image layout whose manifest follows the CNCF ModelPack specification, so that
/// registries store it and other tools read it. Importing an export restores the same version, byte for byte. Thread-safe.
/// </summary>
public interface IModelBundles
{
    /// <summary>
    /// Writes a version as an OCI image layout. It is written beside its final name and named when it is whole and durable; a directory that exists is never
    /// written to. The same version gives the same bytes.
    /// </summary>
    /// <param name="version">Which.</param>
    /// <param name="directory">The directory to make; its parent is made when absent.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels; nothing stays then.</param>
    /// <returns>What was written.</returns>
    /// <exception cref="ModelNotFoundException">There is no such version; the message lists what exists.</exception>
    /// <exception cref="InvalidInputException">The directory exists already.</exception>
    /// <exception cref="CorruptDataException">A stored blob does not match its digest; nothing is written then.</exception>
    ValueTask<ExportedBundle> ExportAsync(ModelVersionRef version, string directory, BundleExportOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Writes the same layout as one uncompressed tar file (<c>oci-archive:</c> of skopeo): sorted, without times and owners.</summary>
    /// <param name="version">Which.</param>
    /// <param name="destination">Receives the tar file; it need not be seekable and stays open. After an exception it holds a part that no import accepts.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>What was written.</returns>
    /// <exception cref="ModelNotFoundException">There is no such version; the message lists what exists.</exception>
    /// <exception cref="CorruptDataException">A stored blob does not match its digest.</exception>
    ValueTask<ExportedBundle> ExportTarAsync(ModelVersionRef version, Stream destination, BundleExportOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Registers the version that an OCI image layout holds. Everything is verified before anything becomes visible, in one transaction. Importing the same bundle
    /// again, for instance after the process died, returns the version of the first time.
    /// </summary>
    /// <param name="directory">The layout.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels; nothing is registered then.</param>
    /// <returns>The version in this environment.</returns>
    /// <exception cref="CorruptDataException">Bytes do not match what is said of them, or cannot be read; the message names the part.</exception>
    /// <exception cref="InvalidInputException">It is no layout of a model, or something in it is not accepted; the message names it.</exception>
    ValueTask<ModelVersion> ImportAsync(string directory, BundleImportOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Registers the version that a tar file of an OCI image layout holds, as <see cref="ImportAsync"/> does. Nothing is unpacked.</summary>
    /// <param name="source">The uncompressed tar file from the stream's position. A stream that cannot seek is first copied into the environment's directory.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels; nothing is registered then.</param>
    /// <returns>The version in this environment.</returns>
    /// <exception cref="CorruptDataException">Bytes do not match what is said of them, or cannot be read; the message names the part.</exception>
    /// <exception cref="InvalidInputException">It is no layout of a model, or something in it is not accepted; the message names it.</exception>
    ValueTask<ModelVersion> ImportTarAsync(Stream source, BundleImportOptions? options = null, CancellationToken cancellationToken = default);
}
