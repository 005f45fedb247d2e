using System.Text.Json;

namespace MlOps.Features;

internal sealed partial class CatalogueReader
{
    private const int MostEntries = 1_000;

    public async ValueTask<IReadOnlyList<CatalogueVersion>> GetVersionsAsync(string view, CancellationToken cancellationToken = default)
    {
        var (snapshot, sight) = await BeginAsync($"feature view '{view}'", cancellationToken).ConfigureAwait(false);
        _ = ViewOf(snapshot, sight, view, null);
        return
        [
            .. snapshot.VersionsOf(view).Where(entry => entry.For(sight) != FeatureVisibility.None)
                .Select(entry => new CatalogueVersion(entry.Version, entry.Hash, entry.RecordedAt, [.. Visible(sight, entry)])),
        ];
    }

    public async ValueTask<CatalogueComparison> CompareAsync(string view, int from, int to, CancellationToken cancellationToken = default)
    {
        var (snapshot, sight) = await BeginAsync($"feature view '{view}'", cancellationToken).ConfigureAwait(false);
        var (before, after) = (ViewOf(snapshot, sight, view, from), ViewOf(snapshot, sight, view, to));
        var (old, current) = (Visible(sight, before).ToArray(), Visible(sight, after).ToArray());
        var (gone, fresh) = before.IsWhole(sight) && after.IsWhole(sight) ? DefinitionText.Lines(before.Definition, after.Definition) : ([], []);
        return new CatalogueComparison(
            view, from, to, [.. current.Except(old, StringComparer.Ordinal)], [.. old.Except(current, StringComparer.Ordinal)], gone, fresh,
            Shown(snapshot, sight, view, ChangeDocument.Between(before.Notes.Facts(), after.Notes.Facts())));
    }

    public async ValueTask<IReadOnlyList<CatalogueChange>> GetHistoryAsync(string view, CancellationToken cancellationToken = default)
    {
        var (snapshot, sight) = await BeginAsync($"feature view '{view}'", cancellationToken).ConfigureAwait(false);
        _ = ViewOf(snapshot, sight, view, null);
        var seen = snapshot.VersionsOf(view).Where(entry => entry.For(sight) != FeatureVisibility.None).Select(entry => entry.Version.ToString(System.Globalization.CultureInfo.InvariantCulture)).ToHashSet(StringComparer.Ordinal);
        return await ReadHistoryAsync(FeatureCatalogue.ViewKind, view, seen.Contains, changes => Shown(snapshot, sight, view, changes), cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<IReadOnlyList<CatalogueChange>> GetServiceHistoryAsync(string service, CancellationToken cancellationToken = default)
    {
        var (snapshot, sight) = await BeginAsync($"feature service '{service}'", cancellationToken).ConfigureAwait(false);
        ArgumentException.ThrowIfNullOrEmpty(service);
        var seen = snapshot.Services.Where(known => known.Name == service && known.For(sight) != FeatureVisibility.None).Select(known => known.Hash).ToHashSet(StringComparer.Ordinal);
        return seen.Count == 0
            ? throw MissingService(snapshot, sight, service)
            : await ReadHistoryAsync(FeatureCatalogue.ServiceKind, service, seen.Contains, changes => [.. changes.Select(Shown)], cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<IReadOnlyList<CatalogueChange>> ReadHistoryAsync(
        string kind, string name, Func<string, bool> sees, Func<ChangeDocument[], IReadOnlyList<CatalogueDifference>> show, CancellationToken cancellationToken)
    {
        var rows = await _index.Area.ReadAsync(
            (session, _) => session.QueryAsync(
                "SELECT version, action, changes, actor, changed_at FROM features_history WHERE kind = @kind AND name = @name ORDER BY id DESC LIMIT @limit",
                row => (Version: row.GetString(0), Action: row.GetString(1), Changes: row.GetString(2), Actor: row.GetString(3), At: row.GetTimestamp(4)),
                ("kind", kind), ("name", name), ("limit", (long)MostEntries)),
            cancellationToken).ConfigureAwait(false);
        var entries = new List<CatalogueChange>();
        foreach (var row in rows.Where(row => sees(row.Version)))
        {
            var changes = show(JsonSerializer.Deserialize(row.Changes, CatalogueJson.Default.ChangeDocumentArray)!);
            // A change of nothing but what the caller may not see did not happen for the caller.
            if (changes.Count > 0 || row.Action is not ("changed" or "read"))
                entries.Add(new CatalogueChange(row.At, row.Actor, row.Version, row.Action, changes));
        }

        return entries;
    }

    private static CatalogueDifference[] Shown(CatalogueSnapshot snapshot, CallerSight sight, string view, ChangeDocument[] changes)
    {
        var isGoverned = snapshot.VersionsOf(view)[0].IsGoverned(sight);
        return
        [
            .. changes.Where(change => (isGoverned || change.Field != "sharing") && (change.Feature.Length == 0 || snapshot.RuleOf(view, change.Feature).For(sight) != FeatureVisibility.None)
                    && (change.Field != "read though deprecated" || snapshot.ServiceOf(change.After!)?.For(sight) is not (null or FeatureVisibility.None)))
                .Select(Shown),
        ];
    }

    private static CatalogueDifference Shown(ChangeDocument change) => new(change.Feature.Length == 0 ? null : change.Feature, change.Field, change.Before, change.After);

    private static IEnumerable<string> Visible(CallerSight sight, ViewEntry view) =>
        view.Notes.Features.Where((_, i) => view.Rules[i].For(sight) != FeatureVisibility.None).Select(feature => feature.Name);
}
