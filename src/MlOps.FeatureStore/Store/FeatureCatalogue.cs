using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace MlOps.Features;

/// <summary>Records the definitions of an environment. A version of a view means one thing for ever; what is said of it otherwise may change, and the history keeps who changed it.</summary>
internal sealed partial class FeatureCatalogue(MetadataArea area, EnvironmentContext context, ILogger logger)
{
    public const string ViewKind = "view";
    public const string ServiceKind = "service";

    private Timestamp Now => Timestamp.From(context.Clock.GetUtcNow());

    // The host's code is what changes definitions, whoever calls first.
    private string Actor => context.Caller.IsProcess ? context.Caller.Name : $"host (first used by {context.Caller.Name})";

    public async ValueTask ApplyAsync(IReadOnlyList<FeatureView> views, IReadOnlyList<BoundService> services, CancellationToken cancellationToken)
    {
        CheckEntities(views);
        var (mistakes, bound) = await area.WriteAsync(
            async (session, _) =>
            {
                var found = new List<string>();
                foreach (var view in views)
                    await ApplyAsync(session, view, found).ConfigureAwait(false);
                var fresh = new List<BoundService>();
                if (found.Count > 0)
                    return (found, fresh);
                foreach (var service in services)
                {
                    if (await ApplyAsync(session, service).ConfigureAwait(false))
                        fresh.Add(service);
                }

                return (found, fresh);
            },
            cancellationToken).ConfigureAwait(false);
        if (mistakes.Count > 0)
            throw new InvalidDefinitionException($"Environment '{area.Store.EnvironmentName}': {string.Join(" ", mistakes)}");
        foreach (var service in bound)
        {
            foreach (var (view, feature) in Deprecated(service))
                LogBoundToDeprecated(logger, service.Id, feature.Name, view.ToString(), feature.Deprecation!.ToString());
        }
    }

    public async ValueTask RecordMaterializedAsync(FeatureView view, CancellationToken cancellationToken) =>
        await area.WriteAsync((session, _) => session.ExecuteAsync(
            "INSERT INTO features_materializations (view_id, done_at) VALUES (@view, @now) ON CONFLICT (view_id) DO UPDATE SET done_at = @now",
            ("view", $"{view.Name}.v{view.Version}"), ("now", Now)), cancellationToken).ConfigureAwait(false);

    /// <summary>The recorded versions of views, as <c>name.v1</c>.</summary>
    public async ValueTask<IReadOnlyList<string>> VersionsAsync(string[] views, CancellationToken cancellationToken)
    {
        var all = await area.ReadAsync(
            (session, _) => session.QueryAsync("SELECT name, version FROM features_views ORDER BY name, version", row => (Name: row.GetString(0), Version: row.GetInt64(1))), cancellationToken).ConfigureAwait(false);
        return [.. all.Where(view => views.Contains(view.Name, StringComparer.Ordinal)).Select(view => $"{view.Name}.v{view.Version}")];
    }

    /// <summary>Deletes what was computed of the values of any version of a view, for instance after an entity was erased.</summary>
    public async ValueTask ForgetStatisticsAsync(FeatureView view, CancellationToken cancellationToken) =>
        await area.WriteAsync(
            (session, _) => session.ExecuteAsync(
                "DELETE FROM features_statistics WHERE view_id IN (SELECT name || '.v' || version FROM features_views WHERE name = @view)", ("view", view.Name)), cancellationToken).ConfigureAwait(false);

    public async ValueTask RecordDeprecatedReadAsync(FeatureView view, string feature, string service, CancellationToken cancellationToken)
    {
        ChangeDocument[] change = [new ChangeDocument(feature, "read though deprecated", null, service)];
        var text = JsonSerializer.Serialize(change, CatalogueJson.Default.ChangeDocumentArray);
        await area.WriteAsync(
            async (session, _) =>
            {
                var known = await session.ScalarAsync(
                    "SELECT 1 FROM features_history WHERE kind = @kind AND name = @name AND version = @version AND changes = @changes LIMIT 1",
                    ("kind", ViewKind), ("name", view.Name), ("version", VersionText(view.Version)), ("changes", text)).ConfigureAwait(false);
                if (known is null)
                    await NoteAsync(session, ViewKind, view.Name, VersionText(view.Version), "read", change).ConfigureAwait(false);
                return true;
            },
            cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask ApplyAsync(IMetadataSession session, FeatureView view, List<string> mistakes)
    {
        (string, object?)[] key = [("name", view.Name), ("version", (long)view.Version)];
        var stored = await session.FirstOrDefaultAsync(
            "SELECT definition, notes FROM features_views WHERE name = @name AND version = @version", row => new StoredText(row.GetString(0), row.GetStringOrNull(1)), key).ConfigureAwait(false);
        if (stored is not null && stored.Definition != view.Definition)
        {
            mistakes.Add(
                $"feature view '{view.Name}' version {view.Version} was recorded with another meaning ({DefinitionText.Difference(stored.Definition, view.Definition)}). "
                + $"Stored rows do not fit it: declare it as Version({view.Version + 1}) and ingest again, or restore the definition.");
            return;
        }

        var document = ViewDocument.Of(view);
        var notes = JsonSerializer.Serialize(document, CatalogueJson.Default.ViewDocument);
        if (stored?.Notes == notes)
            return;
        await session.ExecuteAsync(
            stored is null
                ? "INSERT INTO features_views (name, version, hash, definition, description, created_at, notes) VALUES (@name, @version, @hash, @definition, @description, @now, @notes)"
                : "UPDATE features_views SET description = @description, notes = @notes WHERE name = @name AND version = @version",
            [.. key, ("hash", view.Hash), ("definition", view.Definition), ("description", view.Description), ("now", Now), ("notes", notes)]).ConfigureAwait(false);
        var former = stored?.Notes is { } text ? JsonSerializer.Deserialize(text, CatalogueJson.Default.ViewDocument)!.Facts() : [];
        var changes = ChangeDocument.Between(former, document.Facts());
        await NoteAsync(session, ViewKind, view.Name, VersionText(view.Version), stored is null ? "recorded" : "changed", changes).ConfigureAwait(false);
        if (stored is not null && changes.Any(change => change.Field is "sharing" or "owner"))
            await context.Audit.AppendAsync(session, new AuditEntry(
                "features.sharing.change", view.ToString(), "declared by the host", null,
                JsonSerializer.Serialize([.. changes.Where(change => change.Field is "sharing" or "owner")], CatalogueJson.Default.ChangeDocumentArray))).ConfigureAwait(false);
    }

    // True when the service was not known in this form.
    private async ValueTask<bool> ApplyAsync(IMetadataSession session, BoundService service)
    {
        var name = service.Service.Name;
        (string, object?)[] key = [("name", name), ("hash", service.Hash)];
        var stored = await session.FirstOrDefaultAsync(
            "SELECT definition, notes FROM features_services WHERE name = @name AND hash = @hash", row => new StoredText(row.GetString(0), row.GetStringOrNull(1)), key).ConfigureAwait(false);
        var newest = await session.FirstOrDefaultAsync(
            "SELECT hash FROM features_services WHERE name = @name ORDER BY applied_at DESC, created_at DESC LIMIT 1", row => row.GetString(0), ("name", name)).ConfigureAwait(false);
        var document = ServiceDocument.Of(service);
        var notes = JsonSerializer.Serialize(document, CatalogueJson.Default.ServiceDocument);
        if (stored?.Notes == notes && newest == service.Hash)
            return false;
        // Two hosts may declare in the same microsecond; the newer one must still sort last.
        var applied = Math.Max(Now.Microseconds, 1 + (await session.ScalarAsync("SELECT MAX(applied_at) FROM features_services WHERE name = @name", ("name", name)).ConfigureAwait(false) ?? 0));
        await session.ExecuteAsync(
            """
            INSERT INTO features_services (name, hash, definition, description, created_at, notes, applied_at) VALUES (@name, @hash, @definition, @description, @now, @notes, @applied)
            ON CONFLICT (name, hash) DO UPDATE SET description = @description, notes = @notes, applied_at = @applied
            """,
            [.. key, ("definition", service.Definition), ("description", service.Service.Description), ("now", Now), ("notes", notes), ("applied", applied)]).ConfigureAwait(false);
        var former = stored?.Notes is { } text ? JsonSerializer.Deserialize(text, CatalogueJson.Default.ServiceDocument)!.Facts() : [];
        var changes = ChangeDocument.Between(former, document.Facts());
        if (stored is null)
            changes = [.. changes, .. Deprecated(service).Select(use => new ChangeDocument($"{use.View.Name}/{use.Feature.Name}", "bound though deprecated", null, use.Feature.Deprecation!.ToString()))];
        await NoteAsync(session, ServiceKind, name, service.Hash, stored is null ? "recorded" : changes.Length > 0 ? "changed" : "declared again", changes).ConfigureAwait(false);
        return stored is null;
    }

    private async ValueTask NoteAsync(IMetadataSession session, string kind, string name, string version, string action, ChangeDocument[] changes) =>
        await session.ExecuteAsync(
            "INSERT INTO features_history (kind, name, version, action, changes, actor, changed_at) VALUES (@kind, @name, @version, @action, @changes, @actor, @now)",
            ("kind", kind), ("name", name), ("version", version), ("action", action),
            ("changes", JsonSerializer.Serialize(changes, CatalogueJson.Default.ChangeDocumentArray)), ("actor", Actor), ("now", Now)).ConfigureAwait(false);

    private static string VersionText(int version) => version.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static IEnumerable<(FeatureView View, FeatureNotes Feature)> Deprecated(BoundService service) =>
        service.Views.SelectMany(part => part.Features.Select(number => (part.View, Feature: part.View.Features[number]))).Where(use => use.Feature.Deprecation is not null).Distinct();

    private static void CheckEntities(IReadOnlyList<FeatureView> views)
    {
        foreach (var entity in views.Where(view => view.Entity is not null).GroupBy(view => view.Entity!.Name, StringComparer.Ordinal))
        {
            var keys = entity.Select(view => (View: view.Name, Keys: string.Join(", ", view.Entity!.Keys))).ToArray();
            if (keys.FirstOrDefault(other => other.Keys != keys[0].Keys) is { View: { } odd })
                throw new InvalidDefinitionException(
                    $"Entity '{entity.Key}' has the keys ({keys[0].Keys}) in view '{keys[0].View}', but ({keys.First(other => other.View == odd).Keys}) in view '{odd}'. Give one of them another name.");
        }
    }

    [LoggerMessage(EventId = 3103, Level = LogLevel.Warning, Message = "Feature service {Service} was bound to feature '{Feature}' of view {View}, which is {Deprecation}")]
    private static partial void LogBoundToDeprecated(ILogger logger, string service, string feature, string view, string deprecation);

    private sealed record StoredText(string Definition, string? Notes);
}
