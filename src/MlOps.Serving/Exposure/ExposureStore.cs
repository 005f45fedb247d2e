namespace MlOps.Serving;

/// <summary>Exposures in the environment's metadata: the first one of a key and revision stays.</summary>
internal sealed class ExposureStore(EnvironmentContext context)
{
    private readonly MetadataArea _area = new(context.Metadata, ServingSchema.Schema);

    public async ValueTask WriteAsync(IReadOnlyList<ExposureRecord> exposures, CancellationToken cancellationToken) =>
        await _area.WriteAsync(
            async (session, _) =>
            {
                foreach (var exposure in exposures)
                {
                    await session.ExecuteAsync(
                        "INSERT INTO serving_exposures (endpoint, revision, key, variant, version, exposed_at) VALUES (@endpoint, @revision, @key, @variant, @version, @at) ON CONFLICT DO NOTHING",
                        ("endpoint", exposure.Endpoint), ("revision", exposure.Revision), ("key", exposure.Key), ("variant", exposure.Variant),
                        ("version", exposure.Version.ToString()), ("at", exposure.Time)).ConfigureAwait(false);
                }

                return 0;
            },
            cancellationToken).ConfigureAwait(false);

    public ValueTask<List<ExposureRecord>> ReadAsync(string endpoint, long revision, string after, int limit, CancellationToken cancellationToken) =>
        _area.ReadAsync(
            (session, _) => session.QueryAsync(
                "SELECT key, variant, version, exposed_at FROM serving_exposures WHERE endpoint = @endpoint AND revision = @revision AND key > @after ORDER BY key LIMIT @limit",
                row => new ExposureRecord(endpoint, row.GetString(0), row.GetString(1), ModelVersionRef.Parse(row.GetString(2)), revision, row.GetTimestamp(3)),
                ("endpoint", endpoint), ("revision", revision), ("after", after), ("limit", (long)limit)),
            cancellationToken);

    public ValueTask<int> DeleteAsync(string endpoint, Timestamp before, CancellationToken cancellationToken) =>
        _area.WriteAsync(
            (session, _) => session.ExecuteAsync(
                "DELETE FROM serving_exposures WHERE endpoint = @endpoint AND exposed_at < @before", ("endpoint", endpoint), ("before", before)),
            cancellationToken);
}
