namespace MlOps;

/// <summary>Short forms over <see cref="IArtifactStore"/> for artifacts that fit in memory.</summary>
public static class ArtifactStoreExtensions
{
    /// <summary>The media type of stored data frames.</summary>
    public const string FrameMediaType = "application/vnd.mlops.frame.v1";

    /// <summary>Stores bytes.</summary>
    /// <param name="store">The store.</param>
    /// <param name="bytes">The bytes.</param>
    /// <param name="mediaType">What they are.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>Where they are.</returns>
    public static async ValueTask<ArtifactRef> PutBytesAsync(
        this IArtifactStore store, ReadOnlyMemory<byte> bytes, string mediaType, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        using var stream = new MemoryStream(bytes.ToArray(), writable: false);
        return await store.PutAsync(stream, mediaType, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads a blob whole and verifies it.</summary>
    /// <param name="store">The store.</param>
    /// <param name="artifact">Which blob.</param>
    /// <param name="maximumBytes">The largest size accepted.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The bytes.</returns>
    public static async ValueTask<byte[]> GetBytesAsync(
        this IArtifactStore store, ArtifactRef artifact, int maximumBytes = int.MaxValue, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(artifact);
        if (artifact.Size > maximumBytes)
            throw new InvalidInputException($"Artifact {artifact.Digest} has {artifact.Size} bytes; at most {maximumBytes} are read into memory here.");
        var stream = await store.OpenReadAsync(artifact.ParsedDigest, cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            var buffer = new MemoryStream();
            await stream.CopyToAsync(buffer, cancellationToken).ConfigureAwait(false);
            return buffer.ToArray();
        }
    }

    /// <summary>Stores a frame in the columnar format of <see cref="DataFrame.Save"/>.</summary>
    /// <param name="store">The store.</param>
    /// <param name="frame">The frame.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>Where it is.</returns>
    public static async ValueTask<ArtifactRef> PutFrameAsync(this IArtifactStore store, DataFrame frame, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(frame);
        using var buffer = new MemoryStream();
        frame.Save(buffer);
        buffer.Position = 0;
        return await store.PutAsync(buffer, FrameMediaType, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads a frame that <see cref="PutFrameAsync"/> stored, and verifies it.</summary>
    /// <param name="store">The store.</param>
    /// <param name="artifact">Which blob.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The frame.</returns>
    /// <exception cref="CorruptDataException">The bytes are not a frame.</exception>
    public static async ValueTask<DataFrame> GetFrameAsync(this IArtifactStore store, ArtifactRef artifact, CancellationToken cancellationToken = default)
    {
        using var buffer = new MemoryStream(await store.GetBytesAsync(artifact, cancellationToken: cancellationToken).ConfigureAwait(false), writable: false);
        return DataFrame.Load(buffer, artifact.Digest);
    }
}
