namespace MlOps.Serving;

/// <summary>
/// The trials of model files of one environment. A file is tried once for each version of ONNX Runtime and each setting of the limits; a
/// file that was refused is in quarantine: it is refused at once from then on. Thread-safe.
/// </summary>
public interface IModelTrials
{
    /// <summary>The trials, newest first.</summary>
    /// <param name="refusedOnly">Whether only those are wanted that ended in a refusal.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The trials.</returns>
    ValueTask<IReadOnlyList<ModelTrialRecord>> ListAsync(bool refusedOnly = false, CancellationToken cancellationToken = default);

    /// <summary>Forgets the trials of a file, so that it is tried again at its next load. Audited.</summary>
    /// <param name="digest">The file's digest as <see cref="ArtifactRef.Digest"/> has it.</param>
    /// <param name="reason">Why.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>Whether there was one.</returns>
    ValueTask<bool> ClearAsync(string digest, string reason, CancellationToken cancellationToken = default);
}
