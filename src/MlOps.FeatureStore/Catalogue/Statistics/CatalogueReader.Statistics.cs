using System.Text.Json;

namespace MlOps.Features;

internal sealed partial class CatalogueReader
{
    private const int KeptStatistics = 10;

    public async ValueTask<IReadOnlyList<FeatureStatistics>> ComputeStatisticsAsync(string view, CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.ManageFeatures, $"statistics of feature view '{view}'");
        var (definition, computed) = await _store.ComputeStatisticsAsync(view, cancellationToken).ConfigureAwait(false);
        var now = Now;
        var id = $"{definition.Name}.v{definition.Version}";
        await _index.Area.WriteAsync(
            async (session, _) =>
            {
                foreach (var (feature, statistics) in computed)
                {
                    (string, object?)[] key = [("view", id), ("feature", feature)];
                    await session.ExecuteAsync(
                        "INSERT INTO features_statistics (view_id, feature, computed_at, document) VALUES (@view, @feature, @now, @document) "
                        + "ON CONFLICT (view_id, feature, computed_at) DO UPDATE SET document = @document",
                        [.. key, ("now", now), ("document", JsonSerializer.Serialize(statistics, CatalogueJson.Default.StatisticsDocument))]).ConfigureAwait(false);
                    await session.ExecuteAsync(
                        "DELETE FROM features_statistics WHERE view_id = @view AND feature = @feature AND computed_at NOT IN "
                        + "(SELECT computed_at FROM features_statistics WHERE view_id = @view AND feature = @feature ORDER BY computed_at DESC LIMIT @kept)",
                        [.. key, ("kept", (long)KeptStatistics)]).ConfigureAwait(false);
                }

                return true;
            },
            cancellationToken).ConfigureAwait(false);
        var sight = new CallerSight(_context.Access);
        return
        [
            .. computed.Select(pair => (pair.Feature, pair.Statistics, Seen: sight.Of(definition, pair.Feature))).Where(feature => feature.Seen != FeatureVisibility.None)
                .Select(feature => Shown(feature.Feature, now, feature.Statistics, MayReadValues(feature.Seen))),
        ];
    }

    public async ValueTask<IReadOnlyList<FeatureStatistics>> GetStatisticsAsync(string view, string feature, int? version = null, CancellationToken cancellationToken = default)
    {
        var (snapshot, sight) = await BeginAsync($"feature '{feature}' of view '{view}'", cancellationToken).ConfigureAwait(false);
        var (entry, number) = FeatureOf(snapshot, sight, view, feature, version);
        return await ReadStatisticsAsync(entry.Id, feature, KeptStatistics, MayReadValues(entry.Rules[number].For(sight)), cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<List<FeatureStatistics>> ReadStatisticsAsync(string view, string feature, int limit, bool withValues, CancellationToken cancellationToken) =>
        await _index.Area.ReadAsync(
            (session, _) => session.QueryAsync(
                "SELECT computed_at, document FROM features_statistics WHERE view_id = @view AND feature = @feature ORDER BY computed_at DESC LIMIT @limit",
                row => Shown(feature, row.GetTimestamp(0), JsonSerializer.Deserialize(row.GetString(1), CatalogueJson.Default.StatisticsDocument)!, withValues),
                ("view", view), ("feature", feature), ("limit", (long)limit)),
            cancellationToken).ConfigureAwait(false);

    // Quantiles and frequent values are values: whoever may see metadata only gets the counts.
    private static FeatureStatistics Shown(string feature, Timestamp at, StatisticsDocument document, bool withValues) => new()
    {
        Feature = feature,
        ComputedAt = at,
        Rows = document.Rows,
        Missing = document.Missing,
        Distribution = withValues ? document.Distribution : null,
        Top = withValues ? document.Top : [],
    };

    private async ValueTask<Dictionary<string, FeatureFreshness>> DetailsAsync(IReadOnlyList<ViewEntry> views, CancellationToken cancellationToken)
    {
        var found = new Dictionary<string, FeatureFreshness>(StringComparer.Ordinal);
        if (views.Count == 0)
            return found;
        var now = Now;
        return await _index.Area.ReadAsync(
            async (session, _) =>
            {
                foreach (var view in views)
                {
                    var row = await session.FirstOrDefaultAsync(
                        """
                        SELECT (SELECT MAX(last_event) FROM features_segments WHERE view_id = @view AND state = 1),
                               (SELECT SUM(row_count) FROM features_segments WHERE view_id = @view AND state = 1),
                               (SELECT committed_at FROM features_batches WHERE view_id = @view ORDER BY commit_number DESC LIMIT 1),
                               (SELECT done_at FROM features_materializations WHERE view_id = @view)
                        """,
                        row => (Last: Moment(row, 0), Rows: row.IsDBNull(1) ? 0 : row.GetInt64(1), Ingested: Moment(row, 2), Materialized: Moment(row, 3)),
                        ("view", view.Id)).ConfigureAwait(false);
                    var online = _store.OnlineUpTo(view.Name, view.Version);
                    var newest = row.Last is { } last && online is { } upTo ? (upTo > last ? upTo : last) : row.Last ?? online;
                    found[view.Id] = new FeatureFreshness
                    {
                        LastEvent = row.Last,
                        LastIngested = row.Ingested,
                        LastMaterialized = row.Materialized,
                        OnlineUpTo = online,
                        Rows = row.Rows,
                        Lag = newest is { } moment ? now - moment : null,
                        Expected = view.Notes.Freshness is { } expected ? TimeSpan.FromMicroseconds(expected) : null,
                    };
                }

                return found;
            },
            cancellationToken).ConfigureAwait(false);
    }

    private static Timestamp? Moment(System.Data.Common.DbDataReader row, int ordinal) => row.IsDBNull(ordinal) ? null : row.GetTimestamp(ordinal);
}
