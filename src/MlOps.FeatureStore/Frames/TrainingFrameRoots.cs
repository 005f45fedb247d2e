namespace MlOps.Features;

/// <summary>Saved training frames keep their blobs.</summary>
internal sealed class TrainingFrameRoots(EnvironmentContext context) : IArtifactRoots
{
    private readonly MetadataArea _area = new(context.Metadata, FeatureSchema.Instance);

    public ValueTask<bool> IsReachableAsync(ArtifactDigest digest, CancellationToken cancellationToken = default) =>
        _area.ReadAsync(async (session, _) => await session.ScalarAsync(
            "SELECT 1 FROM features_frames WHERE digest = @digest LIMIT 1", ("digest", digest.ToString())).ConfigureAwait(false) is not null, cancellationToken);
}
