namespace MlOps.Registry.Tests;

/// <summary>
/// The artifact store as each actor has it: one of its own over the same files, as in several processes. They share no locks, so that an
/// actor may be left anywhere.
/// </summary>
internal sealed class SteppedArtifacts(Func<IArtifactStore> own) : IArtifactStore
{
    /// <summary>Longer ones are stored in chunks.</summary>
    public const int LargestWhole = 32 << 10;

    /// <summary>A planted bug: it is said that a blob is there without making it young.</summary>
    public bool ForgetsToRefresh { get; init; }

    public async ValueTask<ArtifactRef> PutAsync(Stream content, string mediaType, CancellationToken cancellationToken = default)
    {
        // Ends with this method, as every change of what flows with it does.
        if (content.Length > LargestWhole)
            Interleaver.BeginUploadInChunks();
        return await own().PutAsync(content, mediaType, cancellationToken);
    }

    public ValueTask<Stream> OpenReadAsync(ArtifactDigest digest, CancellationToken cancellationToken = default) => own().OpenReadAsync(digest, cancellationToken);

    public ValueTask<long> VerifyAsync(ArtifactDigest digest, CancellationToken cancellationToken = default) => own().VerifyAsync(digest, cancellationToken);

    public ValueTask<Stream> OpenRangeAsync(ArtifactDigest digest, long offset, long length, CancellationToken cancellationToken = default) =>
        own().OpenRangeAsync(digest, offset, length, cancellationToken);

    public ValueTask<IArtifactUpload> BeginUploadAsync(string key, CancellationToken cancellationToken = default) => own().BeginUploadAsync(key, cancellationToken);

    public ValueTask<ArtifactUsage> GetUsageAsync(CancellationToken cancellationToken = default) => own().GetUsageAsync(cancellationToken);

    public ValueTask<string> GetLocalPathAsync(ArtifactDigest digest, CancellationToken cancellationToken = default) => own().GetLocalPathAsync(digest, cancellationToken);

    public ValueTask<bool> ExistsAsync(ArtifactDigest digest, CancellationToken cancellationToken = default) => own().ExistsAsync(digest, cancellationToken);

    public ValueTask<bool> RefreshAsync(ArtifactDigest digest, CancellationToken cancellationToken = default) => ForgetsToRefresh ? own().ExistsAsync(digest, cancellationToken) : own().RefreshAsync(digest, cancellationToken);

    public IAsyncEnumerable<ArtifactDigest> ListAsync(CancellationToken cancellationToken = default) => own().ListAsync(cancellationToken);

    public ValueTask<(int Blobs, long Bytes)> CountCollectableAsync(
        Func<ArtifactDigest, CancellationToken, ValueTask<bool>> reachable, DateTimeOffset before, CancellationToken cancellationToken = default) =>
        own().CountCollectableAsync(reachable, before, cancellationToken);

    public ValueTask<(int Blobs, long Bytes)> CollectAsync(
        Func<ArtifactDigest, CancellationToken, ValueTask<bool>> reachable, DateTimeOffset before, CancellationToken cancellationToken = default) =>
        own().CollectAsync(reachable, before, cancellationToken);
}
