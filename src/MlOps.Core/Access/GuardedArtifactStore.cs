namespace MlOps.Access;

/// <summary>
/// The artifact store as users of an environment see it: every operation asks first. Engines keep the store behind it, because they ask
/// for their own operation, which may be open to callers who must not read bytes.
/// </summary>
internal sealed class GuardedArtifactStore(IArtifactStore inner, IAccessControl access) : IArtifactStore
{
    public ValueTask<ArtifactRef> PutAsync(Stream content, string mediaType, CancellationToken cancellationToken = default)
    {
        // Either right stores bytes: runs log artifacts, and versions are made of them.
        if (!access.Allows(EnvironmentPermission.RegisterModels))
            access.Require(EnvironmentPermission.LogRuns, "artifacts");
        return inner.PutAsync(content, mediaType, cancellationToken);
    }

    public ValueTask<Stream> OpenReadAsync(ArtifactDigest digest, CancellationToken cancellationToken = default)
    {
        access.Require(EnvironmentPermission.ReadArtifacts, "artifacts");
        return inner.OpenReadAsync(digest, cancellationToken);
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
}
