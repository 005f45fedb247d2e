namespace MlOps.Registry.Tests;

/// <summary>An engine beside the registry that keeps references by the rules of <see cref="IArtifactRoots"/>, as pipelines and monitors do.</summary>
internal sealed class OutsideEngine(EnvironmentContext context) : IArtifactRoots
{
    private static readonly MetadataSchema Schema = new("outside",
    [
        """
        CREATE TABLE outside_references (name TEXT NOT NULL, digest TEXT NOT NULL, PRIMARY KEY (name, digest));
        CREATE INDEX outside_references_digest ON outside_references (digest)
        """,
    ]);

    private readonly MetadataArea _area = new(context.Metadata, Schema);

    /// <summary>Refers to blobs that are stored, however old; false when one of them is gone.</summary>
    public async Task<bool> ReferAsync(string name, IReadOnlyList<ArtifactRef> blobs)
    {
        foreach (var blob in blobs)
        {
            if (!await context.Artifacts.RefreshAsync(blob.ParsedDigest))
                return false;
        }

        await _area.WriteAsync(async (session, _) =>
        {
            foreach (var blob in blobs)
                await session.ExecuteAsync("INSERT INTO outside_references (name, digest) VALUES (@name, @digest) ON CONFLICT DO NOTHING", ("name", name), ("digest", blob.Digest));
            return true;
        });
        return true;
    }

    public async Task ForgetAsync(string name) =>
        await _area.WriteAsync((session, _) => session.ExecuteAsync("DELETE FROM outside_references WHERE name = @name", ("name", name)));

    public ValueTask<bool> IsReachableAsync(ArtifactDigest digest, CancellationToken cancellationToken = default) => _area.ReadAsync(async (session, _) =>
        await session.ScalarAsync("SELECT 1 FROM outside_references WHERE digest = @digest LIMIT 1", ("digest", digest.ToString())) is not null, cancellationToken);
}
