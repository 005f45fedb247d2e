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
    /// <exception cref="QuotaExceededException">The environment's quota is used up.</exception>
    ValueTask<ArtifactRef> PutAsync(Stream content, string mediaType, CancellationToken cancellationToken = default);

    /// <summary>Opens a blob. Its bytes are verified against the digest while they are read: the read that reaches a wrong end throws.</summary>
    /// <param name="digest">Which blob.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>A forward-only stream.</returns>
    /// <exception cref="NotFoundException">There is no such blob.</exception>
    /// <exception cref="CorruptDataException">The stored bytes do not match the digest.</exception>
    ValueTask<Stream> OpenReadAsync(ArtifactDigest digest, CancellationToken cancellationToken = default);

    /// <summary>
    /// Opens a part of a blob without reading the rest. A blob stored in chunks has each chunk verified against its own SHA-256 before a
    /// byte of it is handed out; a blob stored whole is verified whole the first time that this process reads a part of it, and again
    /// whenever its file's length or time changed.
    /// </summary>
    /// <param name="digest">Which blob.</param>
    /// <param name="offset">The first byte, from 0.</param>
    /// <param name="length">How many bytes.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>A forward-only stream of exactly <paramref name="length"/> bytes.</returns>
    /// <exception cref="NotFoundException">There is no such blob.</exception>
    /// <exception cref="InvalidInputException">The range is not inside the blob.</exception>
    /// <exception cref="CorruptDataException">The stored bytes are not what was written.</exception>
    ValueTask<Stream> OpenRangeAsync(ArtifactDigest digest, long offset, long length, CancellationToken cancellationToken = default);

    /// <summary>
    /// Makes sure that a blob's bytes match its digest: by reading them, unless this process has written or read them whole since its
    /// files last changed.
    /// </summary>
    /// <param name="digest">Which blob.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The blob's length in bytes.</returns>
    /// <exception cref="NotFoundException">There is no such blob.</exception>
    /// <exception cref="CorruptDataException">The stored bytes do not match the digest.</exception>
    ValueTask<long> VerifyAsync(ArtifactDigest digest, CancellationToken cancellationToken = default);

    /// <summary>Begins an upload in pieces, or resumes the one that was begun under the same key, by this process or one that died.</summary>
    /// <param name="key">The caller's name for the upload, for instance <c>run 17, checkpoint 3</c>; 1 to 1024 characters.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The upload, at its last durable offset.</returns>
    ValueTask<IArtifactUpload> BeginUploadAsync(string key, CancellationToken cancellationToken = default);

    /// <summary>What the store holds now.</summary>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>Blobs and bytes.</returns>
    ValueTask<ArtifactUsage> GetUsageAsync(CancellationToken cancellationToken = default);

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

    /// <summary>
    /// Makes a stored blob young again, so that no collection removes it within its minimum age: for whoever is about to refer to a blob
    /// that it did not just store itself. As with <see cref="ExistsAsync"/>, one that is said to be there is durable.
    /// </summary>
    /// <param name="digest">Which blob.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>True when it is there.</returns>
    /// <exception cref="StorageException">It is there, but could not be made young or durable.</exception>
    async ValueTask<bool> RefreshAsync(ArtifactDigest digest, CancellationToken cancellationToken = default)
    {
        // Stores that know no shorter way: a put of equal bytes makes them young.
        if (!await ExistsAsync(digest, cancellationToken).ConfigureAwait(false))
            return false;
        try
        {
            var content = await OpenReadAsync(digest, cancellationToken).ConfigureAwait(false);
            await using (content.ConfigureAwait(false))
                await PutAsync(content, "application/octet-stream", cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (NotFoundException)
        {
            return false;
        }
    }

    /// <summary>Every blob, in no particular order, for collection and copying.</summary>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The blobs.</returns>
    IAsyncEnumerable<ArtifactDigest> ListAsync(CancellationToken cancellationToken = default);

    /// <summary>What <see cref="CollectAsync"/> would remove now; changes nothing.</summary>
    /// <param name="reachable">Says whether a blob is still wanted; asked for each one that is old enough.</param>
    /// <param name="before">Younger blobs count as kept.</param>
    /// <param name="cancellationToken">Cancels between blobs.</param>
    /// <returns>Blobs, and stored bytes that would be freed.</returns>
    ValueTask<(int Blobs, long Bytes)> CountCollectableAsync(
        Func<ArtifactDigest, CancellationToken, ValueTask<bool>> reachable, DateTimeOffset before, CancellationToken cancellationToken = default);

    /// <summary>Removes blobs that are not in <paramref name="reachable"/> and were stored before <paramref name="before"/>, and orphaned temporary files.</summary>
    /// <param name="reachable">Says whether a blob is still wanted; asked for each one.</param>
    /// <param name="before">Younger blobs are kept, since a writer may be about to refer to them.</param>
    /// <param name="cancellationToken">Cancels between blobs.</param>
    /// <returns>Blobs and bytes removed.</returns>
    ValueTask<(int Blobs, long Bytes)> CollectAsync(
        Func<ArtifactDigest, CancellationToken, ValueTask<bool>> reachable, DateTimeOffset before, CancellationToken cancellationToken = default);
}
