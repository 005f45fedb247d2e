namespace MlOps.Registry;

internal sealed partial class SqlModelRegistry
{
    private const string StageAliases = "('" + ModelAliases.Champion + "', '" + ModelAliases.Challenger + "')";

    public async ValueTask<ModelStageReport> GetStageAsync(ModelVersionRef version, CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.Read, Subject(version.Model));
        NameRules.Model(version.Model);
        return await _area.ReadAsync(async (session, _) =>
        {
            (string, object?)[] parameters = [("model", version.Model), ("version", (long)version.Version)];
            var created = await session.FirstOrDefaultAsync(
                "SELECT created_at, created_by FROM registry_versions WHERE model = @model AND version = @version",
                reader => new ModelStageChange(ModelStage.Registered, reader.GetTimestamp(0), reader.GetString(1), "registered"), parameters).ConfigureAwait(false)
                ?? throw await MissingAsync(session, version).ConfigureAwait(false);
            var moves = await session.QueryAsync(
                "SELECT alias, from_version, to_version, moved_at, moved_by, reason FROM registry_alias_moves " +
                $"WHERE model = @model AND alias IN {StageAliases} AND (from_version = @version OR to_version = @version) ORDER BY id",
                reader => ReadMove(version.Model, reader), parameters).ConfigureAwait(false);
            var deletions = await session.QueryAsync(
                "SELECT action, done_at, done_by, reason FROM registry_lifecycle WHERE model = @model AND version = @version ORDER BY id",
                reader => (IsDeleted: reader.GetString(0) == DeletedAction, Done: new Deletion(reader.GetTimestamp(1), reader.GetString(2), reader.GetString(3))),
                parameters).ConfigureAwait(false);
            var aliases = await session.QueryAsync(
                "SELECT alias FROM registry_aliases WHERE model = @model AND version = @version ORDER BY alias", reader => reader.GetString(0), parameters).ConfigureAwait(false);
            var history = StageHistory.Derive(version.Version, created, moves, deletions);
            return new ModelStageReport(version, _context.Name, history[^1].Stage, aliases, history);
        }, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<IReadOnlyDictionary<int, ModelStage>> GetStagesAsync(string model, CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.Read, Subject(model));
        NameRules.Model(model);
        var rows = await _area.ReadAsync((session, _) => session.QueryAsync(
            "SELECT v.version, v.deleted_at IS NOT NULL, " +
            "EXISTS (SELECT 1 FROM registry_aliases a WHERE a.model = v.model AND a.alias = @champion AND a.version = v.version), " +
            "EXISTS (SELECT 1 FROM registry_aliases a WHERE a.model = v.model AND a.alias = @challenger AND a.version = v.version), " +
            "v.version IN (SELECT to_version FROM registry_alias_moves WHERE model = @model AND alias IN (@champion, @challenger) AND to_version IS NOT NULL) " +
            "FROM registry_versions v WHERE v.model = @model ORDER BY v.version",
            reader => (Version: (int)reader.GetInt64(0), Stage: StageHistory.Of(reader.GetInt64(1) != 0, reader.GetInt64(2) != 0, reader.GetInt64(3) != 0, reader.GetInt64(4) != 0)),
            ("model", model), ("champion", ModelAliases.Champion), ("challenger", ModelAliases.Challenger)), cancellationToken).ConfigureAwait(false);
        return rows.ToDictionary(row => row.Version, row => row.Stage);
    }
}
