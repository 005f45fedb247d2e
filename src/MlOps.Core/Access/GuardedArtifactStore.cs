namespace MlOps.Access;

/// <summary>
/// The artifact store as users of an environment see it: every operation asks first. Engines keep the store behind it, because they ask
/// for their own operation, which may be open to callers who must not read bytes.
/// </summary>
internal sealed class GuardedArtifactStore(IArtifactStore inner, IAccessControl access) : IArtifactStore
{
    public ValueTask<ArtifactRef> PutAsync(Stream content, string mediaType, CancellationToken cancellationToken = default)
    {
        RequireStoring();
        return inner.PutAsync(content, mediaType, cancellationToken);
    }

    public ValueTask<IArtifactUpload> BeginUploadAsync(string key, CancellationToken cancellationToken = default)
    {
        RequireStoring();
        return inner.BeginUploadAsync(key, cancellationToken);
    }

    public ValueTask<Stream> OpenRangeAsync(ArtifactDigest digest, long offset, long length, CancellationToken cancellationToken = default)
    {
        access.Require(EnvironmentPermission.ReadArtifacts, "artifacts");
        return inner.OpenRangeAsync(digest, offset, length, cancellationToken);
    }

    public ValueTask<ArtifactUsage> GetUsageAsync(CancellationToken cancellationToken = default)
    {
        access.Require(EnvironmentPermission.Read, "artifacts");
        return inner.GetUsageAsync(cancellationToken);
    }

    public ValueTask<(int Blobs, long Bytes)> CountCollectableAsync(
        Func<ArtifactDigest, CancellationToken, ValueTask<bool>> reachable, DateTimeOffset before, CancellationToken cancellationToken = default)
    {
        access.Require(EnvironmentPermission.Operate, "artifacts");
        return inner.CountCollectableAsync(reachable, before, cancellationToken);
    }

    public ValueTask<Stream> OpenReadAsync(ArtifactDigest digest, CancellationToken cancellationToken = default)
    {
        access.Require(EnvironmentPermission.ReadArtifacts, "artifacts");
        return inner.OpenReadAsync(digest, cancellationToken);
    }

    public ValueTask<long> VerifyAsync(ArtifactDigest digest, CancellationToken cancellationToken = default)
    {
        access.Require(EnvironmentPermission.Read, "artifacts");
        return inner.VerifyAsync(digest, cancellationToken);
    }

    public ValueTask<string> GetLocalPathAsync(ArtifactDigest digest, CancellationToken cancellationToken = default)
    {
        access.Require(EnvironmentPermission.ReadArtifacts, "artifacts");
        return inner.GetLocalPathAsync(digest, cancellationToken);
    }

    public ValueTask<bool> ExistsAsync(ArtifactDigest digest, CancellationToken cancellationToken = default)
    {
        access.Require(EnvironmentPermission.Read, "artifacts");
        return inner.ExistsAsync(digest, cancellationToken);
    }

    public ValueTask<bool> RefreshAsync(ArtifactDigest digest, CancellationToken cancellationToken = default)
    {
        RequireStoring();
        return inner.RefreshAsync(digest, cancellationToken);
    }

    public IAsyncEnumerable<ArtifactDigest> ListAsync(CancellationToken cancellationToken = default)
    {
        access.Require(EnvironmentPermission.Read, "artifacts");
        return inner.ListAsync(cancellationToken);
    }

    public ValueTask<(int Blobs, long Bytes)> CollectAsync(
        Func<ArtifactDigest, CancellationToken, ValueTask<bool>> reachable, DateTimeOffset before, CancellationToken cancellationToken = default)
    {
        access.Require(EnvironmentPermission.Operate, "artifacts");
        return inner.CollectAsync(reachable, before, cancellationToken);
    }

    // Either right stores bytes: runs log artifacts, and versions are made of them.
    private void RequireStoring()
    {
        if (!access.Allows(EnvironmentPermission.RegisterModels))
            access.Require(EnvironmentPermission.LogRuns, "artifacts");
    }
}
