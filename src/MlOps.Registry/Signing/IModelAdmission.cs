namespace MlOps.Registry;

/// <summary>Decides by an environment's <see cref="SignaturePolicy"/> whether a version may come in. Promotion and serving ask it. Thread-safe.</summary>
public interface IModelAdmission
{
    /// <summary>
    /// Checks the signatures of a version. The content itself is not read here: promotion verifies each blob while copying, and
    /// loading verifies the bytes that it loads against the manifest that the signatures cover.
    /// </summary>
    /// <param name="version">The version.</param>
    /// <param name="point">Where it is asked: at promotion or at load.</param>
    /// <param name="signatures">The signatures of the environment that has the version; null for this environment's own.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>Whether it may.</returns>
    ValueTask<AdmissionResult> CheckAsync(
        ModelVersion version, SignaturePoints point, IModelSignatures? signatures = null, CancellationToken cancellationToken = default);
}
