namespace MlOps;

/// <summary>Content-addressed blobs of one environment. Equal bytes are stored once. Thread-safe; several processes may share the store.</summary>
public interface IArtifactStore
{
    /// <summary>Stores a stream without holding it in memory. The task ends after the bytes are durable.</summary>
    /// <param name="content">The bytes; read to the end.</param>
    /// <param name="mediaType">What they are.</param>
    /// <param name="cancellationToken">Cancels; nothing is stored then.</param>
    /// <returns>Where they are.</returns>
    /// <exception cref="StorageException">The bytes could not be made durable.</exception>
    ValueTask<ArtifactRef> PutAsync(Stream content, string mediaType, CancellationToken cancellationToken = default);

    /// <summary>Opens a blob. Its bytes are verified against the digest while they are read: the read that reaches a wrong end throws.</summary>
    /// <param name="digest">Which blob.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>A forward-only stream.</returns>
    /// <exception cref="NotFoundException">There is no such blob.</exception>
    /// <exception cref="CorruptDataException">The stored bytes do not match the digest.</exception>
    ValueTask<Stream> OpenReadAsync(ArtifactDigest digest, CancellationToken cancellationToken = default);

    /// <summary>A verified copy of the blob as a file on the local disk, for engines that need a path. Do not write to it.</summary>
    /// <param name="digest">Which blob.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>An absolute path.</returns>
    ValueTask<string> GetLocalPathAsync(ArtifactDigest digest, CancellationToken cancellationToken = default);

    /// <summary>Whether a blob is stored. One that is said to be there is durable: a caller may refer to it.</summary>
    /// <param name="digest">Which blob.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>True when it is there.</returns>
    /// <exception cref="StorageException">It is there, but could not be made durable.</exception>
    ValueTask<bool> ExistsAsync(ArtifactDigest digest, CancellationToken cancellationToken = default);

    /// <summary>Every blob, in no particular order, for collection and copying.</summary>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The blobs.</returns>
    IAsyncEnumerable<ArtifactDigest> ListAsync(CancellationToken cancellationToken = default);

    /// <summary>Removes blobs that are not in <paramref name="reachable"/> and were stored before <paramref name="before"/>, and orphaned temporary files.</summary>
    /// <param name="reachable">Says whether a blob is still wanted; asked for each one.</param>
    /// <param name="before">Younger blobs are kept, since a writer may be about to refer to them.</param>
    /// <param name="cancellationToken">Cancels between blobs.</param>
    /// <returns>Blobs and bytes removed.</returns>
    ValueTask<(int Blobs, long Bytes)> CollectAsync(
        Func<ArtifactDigest, CancellationToken, ValueTask<bool>> reachable, DateTimeOffset before, CancellationToken cancellationToken = default);
}
