using MlOps.Features;

namespace MlOps;

/// <summary>
/// Training frames kept as artifacts: the SHA-256 of the content is the version, equal content is stored once, and collection spares what is listed.
/// A run refers to one by its digest: <c>run.LogInputAsync(name, frame, "training")</c> logs the same digest. Thread-safe.
/// </summary>
public interface ITrainingFrames
{
    /// <summary>Joins a service's features to a spine and saves the frame with all that it was made of.</summary>
    /// <param name="name">What the frame is called; several versions may have one name.</param>
    /// <param name="spine">Keys and moments.</param>
    /// <param name="timeColumn">The spine's column of moments.</param>
    /// <param name="service">The feature service.</param>
    /// <param name="options">How it is joined.</param>
    /// <param name="cancellationToken">Cancels before the frame is listed.</param>
    /// <returns>What was saved, with the commit of each view that was read.</returns>
    ValueTask<TrainingFrameRecord> CreateAsync(
        string name, DataFrame spine, string timeColumn, string service, TrainingFrameOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Saves a frame that was joined, and perhaps prepared further, by the caller. Neither its spine nor the commits that it saw are known.</summary>
    /// <param name="name">What the frame is called.</param>
    /// <param name="frame">The frame.</param>
    /// <param name="service">The feature service that it was joined by.</param>
    /// <param name="options">How it was joined.</param>
    /// <param name="cancellationToken">Cancels before the frame is listed.</param>
    /// <returns>What was saved; the former record where the name has this content already.</returns>
    ValueTask<TrainingFrameRecord> SaveAsync(
        string name, DataFrame frame, string service, TrainingFrameOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Reads a saved frame; its bytes are verified.</summary>
    /// <param name="digest">The digest, <c>sha256:...</c>.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The frame.</returns>
    /// <exception cref="NotFoundException">No frame of that digest is listed.</exception>
    /// <exception cref="CorruptDataException">The stored bytes are not what was saved.</exception>
    ValueTask<DataFrame> OpenAsync(string digest, CancellationToken cancellationToken = default);

    /// <summary>Reads a saved frame batch by batch, for those larger than memory.</summary>
    /// <param name="digest">The digest.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>Batches of at most about a million rows.</returns>
    /// <exception cref="NotFoundException">No frame of that digest is listed.</exception>
    IAsyncEnumerable<DataFrame> OpenBatchesAsync(string digest, CancellationToken cancellationToken = default);

    /// <summary>The records of saved frames, newest first.</summary>
    /// <param name="name">Only those of a name; all when null.</param>
    /// <param name="service">Only those of a feature service; all when null.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The records.</returns>
    ValueTask<IReadOnlyList<TrainingFrameRecord>> ListAsync(string? name = null, string? service = null, CancellationToken cancellationToken = default);

    /// <summary>The records of one content, of every name that it has.</summary>
    /// <param name="digest">The digest.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The records; empty when there is none.</returns>
    ValueTask<IReadOnlyList<TrainingFrameRecord>> FindAsync(string digest, CancellationToken cancellationToken = default);

    /// <summary>Removes a frame from the list. Its bytes go with the next collection, if nothing else refers to them.</summary>
    /// <param name="digest">The digest.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>Whether it was listed.</returns>
    ValueTask<bool> DeleteAsync(string digest, CancellationToken cancellationToken = default);
}
