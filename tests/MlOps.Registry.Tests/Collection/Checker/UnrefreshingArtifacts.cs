namespace MlOps.Registry.Tests;

/// <summary>A planted bug: an artifact store that says that a blob is there without making it young.</summary>
internal sealed class UnrefreshingArtifacts(IArtifactStore inner) : IArtifactStore
{
    public ValueTask<ArtifactRef> PutAsync(Stream content, string mediaType, CancellationToken cancellationToken = default) => inner.PutAsync(content, mediaType, cancellationToken);

    public ValueTask<Stream> OpenReadAsync(ArtifactDigest digest, CancellationToken cancellationToken = default) => inner.OpenReadAsync(digest, cancellationToken);

    public ValueTask<Stream> OpenRangeAsync(ArtifactDigest digest, long offset, long length, CancellationToken cancellationToken = default) =>
        inner.OpenRangeAsync(digest, offset, length, cancellationToken);

    public ValueTask<IArtifactUpload> BeginUploadAsync(string key, CancellationToken cancellationToken = default) => inner.BeginUploadAsync(key, cancellationToken);

    public ValueTask<ArtifactUsage> GetUsageAsync(CancellationToken cancellationToken = default) => inner.GetUsageAsync(cancellationToken);

    public ValueTask<string> GetLocalPathAsync(ArtifactDigest digest, CancellationToken cancellationToken = default) => inner.GetLocalPathAsync(digest, cancellationToken);

    public ValueTask<bool> ExistsAsync(ArtifactDigest digest, CancellationToken cancellationToken = default) => inner.ExistsAsync(digest, cancellationToken);

    public ValueTask<bool> RefreshAsync(ArtifactDigest digest, CancellationToken cancellationToken = default) => inner.ExistsAsync(digest, cancellationToken);

    public IAsyncEnumerable<ArtifactDigest> ListAsync(CancellationToken cancellationToken = default) => inner.ListAsync(cancellationToken);

    public ValueTask<(int Blobs, long Bytes)> CountCollectableAsync(
        Func<ArtifactDigest, CancellationToken, ValueTask<bool>> reachable, DateTimeOffset before, CancellationToken cancellationToken = default) =>
        inner.CountCollectableAsync(reachable, before, cancellationToken);

    public ValueTask<(int Blobs, long Bytes)> CollectAsync(
        Func<ArtifactDigest, CancellationToken, ValueTask<bool>> reachable, DateTimeOffset before, CancellationToken cancellationToken = default) =>
        inner.CollectAsync(reachable, before, cancellationToken);
}
