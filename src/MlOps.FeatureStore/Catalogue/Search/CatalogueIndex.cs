using System.Text.Json;

namespace MlOps.Features;

/// <summary>Keeps the catalogue in memory and reads it anew when the history has grown, also by other processes. Thread-safe.</summary>
internal sealed class CatalogueIndex(MetadataArea area)
{
    private volatile CatalogueSnapshot? _snapshot;

    public MetadataArea Area => area;

    public async ValueTask<CatalogueSnapshot> GetAsync(CancellationToken cancellationToken)
    {
        var known = _snapshot;
        var read = await area.ReadAsync(
            async (session, _) =>
            {
                var stamp = await session.ScalarAsync("SELECT MAX(id) FROM features_history").ConfigureAwait(false) ?? 0;
                return known?.Stamp == stamp ? known : await ReadAsync(session, stamp).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);
        if (read.Stamp >= (_snapshot?.Stamp ?? 0))
            _snapshot = read;
        return read;
    }

    private static async ValueTask<CatalogueSnapshot> ReadAsync(IMetadataSession session, long stamp)
    {
        var views = await session.QueryAsync(
            "SELECT name, version, hash, definition, created_at, notes FROM features_views",
            row => new ViewEntry
            {
                Name = row.GetString(0), Version = (int)row.GetInt64(1), Hash = row.GetString(2), Definition = row.GetString(3), RecordedAt = row.GetTimestamp(4),
                Notes = row.GetStringOrNull(5) is { } notes ? JsonSerializer.Deserialize(notes, CatalogueJson.Default.ViewDocument)! : new ViewDocument(),
            }).ConfigureAwait(false);
        var services = await session.QueryAsync(
            "SELECT name, hash, created_at, applied_at, notes FROM features_services",
            row => new StoredService(
                row.GetString(0), row.GetString(1), row.GetTimestamp(2), row.GetInt64(3),
                row.GetStringOrNull(4) is { } notes ? JsonSerializer.Deserialize(notes, CatalogueJson.Default.ServiceDocument)! : new ServiceDocument())).ConfigureAwait(false);
        return new CatalogueSnapshot(stamp, views, services);
    }
}
