namespace MlOps.Registry.Tests;

/// <summary>An artifact store whose n-th call fails, before or after it did its work.</summary>
internal sealed class FailingArtifacts(IArtifactStore inner, int failAt, bool afterwards) : IArtifactStore
{
    private int _calls;

    public bool Failed { get; private set; }

    public async ValueTask<ArtifactRef> PutAsync(Stream content, string mediaType, CancellationToken cancellationToken = default) =>
        await CallAsync(() => inner.PutAsync(content, mediaType, cancellationToken));

    public async ValueTask<Stream> OpenReadAsync(ArtifactDigest digest, CancellationToken cancellationToken = default) =>
        await CallAsync(() => inner.OpenReadAsync(digest, cancellationToken));

    public async ValueTask<string> GetLocalPathAsync(ArtifactDigest digest, CancellationToken cancellationToken = default) =>
        await CallAsync(() => inner.GetLocalPathAsync(digest, cancellationToken));

    public async ValueTask<long> VerifyAsync(ArtifactDigest digest, CancellationToken cancellationToken = default) =>
        await CallAsync(() => inner.VerifyAsync(digest, cancellationToken));

    public async ValueTask<bool> ExistsAsync(ArtifactDigest digest, CancellationToken cancellationToken = default) =>
        await CallAsync(() => inner.ExistsAsync(digest, cancellationToken));

    public async ValueTask<Stream> OpenRangeAsync(ArtifactDigest digest, long offset, long length, CancellationToken cancellationToken = default) =>
        await CallAsync(() => inner.OpenRangeAsync(digest, offset, length, cancellationToken));

    public async ValueTask<IArtifactUpload> BeginUploadAsync(string key, CancellationToken cancellationToken = default) =>
        await CallAsync(() => inner.BeginUploadAsync(key, cancellationToken));

    public ValueTask<ArtifactUsage> GetUsageAsync(CancellationToken cancellationToken = default) => inner.GetUsageAsync(cancellationToken);

    public ValueTask<(int Blobs, long Bytes)> CountCollectableAsync(
        Func<ArtifactDigest, CancellationToken, ValueTask<bool>> reachable, DateTimeOffset before, CancellationToken cancellationToken = default) =>
        inner.CountCollectableAsync(reachable, before, cancellationToken);

    public IAsyncEnumerable<ArtifactDigest> ListAsync(CancellationToken cancellationToken = default) => inner.ListAsync(cancellationToken);

    public ValueTask<(int Blobs, long Bytes)> CollectAsync(
        Func<ArtifactDigest, CancellationToken, ValueTask<bool>> reachable, DateTimeOffset before, CancellationToken cancellationToken = default) =>
        inner.CollectAsync(reachable, before, cancellationToken);

    private async ValueTask<T> CallAsync<T>(Func<ValueTask<T>> call)
    {
        if (_calls++ != failAt)
            return await call();
        Failed = true;
        if (afterwards)
            await call();
        throw new StorageException("The disk is gone.");
    }
}
