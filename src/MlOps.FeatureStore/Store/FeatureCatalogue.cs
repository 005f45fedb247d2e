namespace MlOps.Features;

/// <summary>The definitions that an environment has seen. A version of a view means one thing for ever.</summary>
internal sealed class FeatureCatalogue(MetadataArea area, TimeProvider clock)
{
    public async ValueTask ApplyAsync(IReadOnlyList<FeatureView> views, IReadOnlyList<BoundService> services, CancellationToken cancellationToken)
    {
        var now = Timestamp.From(clock.GetUtcNow());
        var mistakes = await area.WriteAsync(
            async (session, _) =>
            {
                var found = new List<string>();
                foreach (var view in views)
                {
                    var stored = await session.FirstOrDefaultAsync(
                        "SELECT definition FROM features_views WHERE name = @name AND version = @version", row => row.GetString(0),
                        ("name", view.Name), ("version", (long)view.Version)).ConfigureAwait(false);
                    if (stored is not null && stored != view.Definition)
                        found.Add(
                            $"feature view '{view.Name}' version {view.Version} was recorded with another meaning ({DefinitionText.Difference(stored, view.Definition)}). "
                            + $"Stored rows do not fit it: declare it as Version({view.Version + 1}) and ingest again, or restore the definition.");
                    if (stored is null)
                        await session.ExecuteAsync(
                            "INSERT INTO features_views (name, version, hash, definition, description, created_at) VALUES (@name, @version, @hash, @definition, @description, @now)",
                            ("name", view.Name), ("version", (long)view.Version), ("hash", view.Hash), ("definition", view.Definition), ("description", view.Description), ("now", now)).ConfigureAwait(false);
                }

                foreach (var service in services)
                    await session.ExecuteAsync(
                        """
                        INSERT INTO features_services (name, hash, definition, description, created_at) VALUES (@name, @hash, @definition, @description, @now)
                        ON CONFLICT (name, hash) DO NOTHING
                        """,
                        ("name", service.Service.Name), ("hash", service.Hash), ("definition", service.Definition), ("description", service.Service.Description), ("now", now)).ConfigureAwait(false);
                return found;
            },
            cancellationToken).ConfigureAwait(false);
        if (mistakes.Count > 0)
            throw new InvalidDefinitionException($"Environment '{area.Store.EnvironmentName}': {string.Join(" ", mistakes)}");
    }
}
