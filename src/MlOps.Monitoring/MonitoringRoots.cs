namespace MlOps.Monitoring;

/// <summary>The reference profiles of endpoints keep their blobs.</summary>
internal sealed class MonitoringRoots(EnvironmentContext context) : IArtifactRoots
{
    private readonly MetadataArea _area = new(context.Metadata, MonitoringSchema.Schema);

    public ValueTask<bool> IsReachableAsync(ArtifactDigest digest, CancellationToken cancellationToken = default) =>
        _area.ReadAsync(async (session, _) => await session.ScalarAsync(
            "SELECT 1 FROM monitoring_references WHERE digest = @digest LIMIT 1", ("digest", digest.ToString())).ConfigureAwait(false) is not null, cancellationToken);
}
