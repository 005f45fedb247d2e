using System.Data.Common;
using System.Text.Json;

namespace MlOps.Registry;

internal sealed partial class SqlModelRegistry
{
    public async ValueTask<AliasChange> SetAliasAsync(
        ModelVersionRef version, string alias, string reason, int? expected = null, CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.MoveAliases, Subject(version.Model));
        NameRules.Model(version.Model);
        NameRules.Alias(alias);
        NameRules.Text("The reason", reason, RegistryLimits.ReasonLength);
        CheckExpected(expected);
        return await MoveAsync(version.Model, alias, version.Version, reason, expected, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<AliasChange> RemoveAliasAsync(
        string model, string alias, string reason, int? expected = null, CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.MoveAliases, Subject(model));
        NameRules.Model(model);
        NameRules.Alias(alias);
        NameRules.Text("The reason", reason, RegistryLimits.ReasonLength);
        CheckExpected(expected);
        return await MoveAsync(model, alias, null, reason, expected, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<IReadOnlyDictionary<string, int>> GetAliasesAsync(string model, CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.Read, Subject(model));
        NameRules.Model(model);
        var rows = await _area.ReadAsync((session, _) => session.QueryAsync(
            "SELECT alias, version FROM registry_aliases WHERE model = @model ORDER BY alias",
            reader => (Alias: reader.GetString(0), Version: (int)reader.GetInt64(1)), ("model", model)), cancellationToken).ConfigureAwait(false);
        return rows.ToDictionary(row => row.Alias, row => row.Version, StringComparer.Ordinal);
    }

    public async ValueTask<IReadOnlyList<AliasChange>> GetAliasHistoryAsync(string model, string? alias = null, CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.Read, Subject(model));
        NameRules.Model(model);
        if (alias is not null)
            NameRules.Alias(alias);
        return await _area.ReadAsync((session, _) => session.QueryAsync(
            "SELECT alias, from_version, to_version, moved_at, moved_by, reason FROM registry_alias_moves WHERE model = @model" +
            (alias is null ? "" : " AND alias = @alias") + " ORDER BY id",
            reader => ReadMove(model, reader), alias is null ? [("model", model)] : [("model", model), ("alias", alias)]), cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<AliasChange?> FindAliasAtAsync(string model, string alias, Timestamp at, CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.Read, Subject(model));
        NameRules.Model(model);
        NameRules.Alias(alias);
        var move = await _area.ReadAsync((session, _) => session.FirstOrDefaultAsync(
            "SELECT alias, from_version, to_version, moved_at, moved_by, reason FROM registry_alias_moves " +
            "WHERE model = @model AND alias = @alias AND moved_at <= @at ORDER BY moved_at DESC, id DESC LIMIT 1",
            reader => ReadMove(model, reader), ("model", model), ("alias", alias), ("at", at)), cancellationToken).ConfigureAwait(false);
        return move?.To is null ? null : move;
    }

    private static void CheckExpected(int? expected)
    {
        if (expected < 0)
            throw new InvalidInputException($"The expected version is {expected}: pass a version from 1, 0 for no version, or null to move the alias whatever it points at.");
    }

    private async ValueTask<AliasChange> MoveAsync(string model, string alias, int? to, string reason, int? expected, CancellationToken cancellationToken)
    {
        var caller = _context.Caller.Name;
        var change = await _area.WriteAsync(async (session, _) =>
        {
            var state = await ReadStateAsync(session, model, alias, to).ConfigureAwait(false);
            if (!state.Exists && to is { } version)
                throw await MissingAsync(session, new ModelVersionRef(model, version)).ConfigureAwait(false);
            if (!state.Exists)
                throw await MissingModelAsync(session, model).ConfigureAwait(false);
            var from = state.From;
            if (expected is { } wanted && (from ?? 0) != wanted)
            {
                throw new ConcurrencyConflictException(
                    $"Alias {model}@{alias} points at {(from is null ? "no version" : $"version {from}")}, not at {(wanted == 0 ? "none" : $"version {wanted}")} as expected. Read it again and decide anew.");
            }

            // A clock that went back must not reorder history: a move is never earlier than the one before.
            var at = state.LastMove is { } last && last > Now.Microseconds ? new Timestamp(last) : Now;
            var move = new AliasChange(model, alias, from, to, at, caller, reason);
            if (from != to)
                await RecordMoveAsync(session, move).ConfigureAwait(false);
            return move;
        }, cancellationToken).ConfigureAwait(false);
        if (change.From != change.To)
            LogAliasMoved(_logger, model, alias, _context.Name, change.From, change.To);
        return change;
    }

    private async ValueTask RecordMoveAsync(IMetadataSession session, AliasChange move)
    {
        if (move.To is { } target)
        {
            await session.ExecuteAsync(
                "INSERT INTO registry_aliases (model, alias, version) VALUES (@model, @alias, @version) " +
                "ON CONFLICT (model, alias) DO UPDATE SET version = excluded.version",
                ("model", move.Model), ("alias", move.Alias), ("version", (long)target)).ConfigureAwait(false);
        }
        else
        {
            await session.ExecuteAsync(
                "DELETE FROM registry_aliases WHERE model = @model AND alias = @alias", ("model", move.Model), ("alias", move.Alias)).ConfigureAwait(false);
        }

        await session.ExecuteAsync(
            "INSERT INTO registry_alias_moves (model, alias, from_version, to_version, moved_at, moved_by, reason) " +
            "VALUES (@model, @alias, @from, @to, @at, @by, @reason)",
            ("model", move.Model), ("alias", move.Alias), ("from", (long?)move.From), ("to", (long?)move.To),
            ("at", move.At), ("by", move.By), ("reason", move.Reason)).ConfigureAwait(false);
        await _context.Audit.AppendAsync(session, new AuditEntry(
            move.To is null ? "registry.alias.remove" : "registry.alias.set", $"{move.Model}@{move.Alias}", move.Reason,
            VersionJson(move.From), VersionJson(move.To))).ConfigureAwait(false);
        await _context.Events.AppendAsync(session, RegistryEvents.AliasMoved, move.Model, StoredJson.Text(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("model", move.Model);
            writer.WriteString("alias", move.Alias);
            WriteVersion(writer, "from", move.From);
            WriteVersion(writer, "to", move.To);
            writer.WriteString("reason", move.Reason);
            writer.WriteEndObject();
        })).ConfigureAwait(false);
    }

    /// <summary>Whether the version (or, without one, the model) exists, where the alias points, and when it moved last: one statement.</summary>
    private static async ValueTask<(bool Exists, int? From, long? LastMove)> ReadStateAsync(IMetadataSession session, string model, string alias, int? to) =>
        (await session.QueryAsync(
            "SELECT CASE WHEN @version IS NULL THEN EXISTS (SELECT 1 FROM registry_models WHERE name = @model AND deleted_at IS NULL) " +
            "ELSE EXISTS (SELECT 1 FROM registry_versions WHERE model = @model AND version = @version AND deleted_at IS NULL) END, " +
            "(SELECT version FROM registry_aliases WHERE model = @model AND alias = @alias), " +
            "(SELECT moved_at FROM registry_alias_moves WHERE model = @model AND alias = @alias ORDER BY moved_at DESC LIMIT 1)",
            reader => (reader.GetInt64(0) != 0, reader.IsDBNull(1) ? (int?)null : (int)reader.GetInt64(1), reader.IsDBNull(2) ? (long?)null : reader.GetInt64(2)),
            ("model", model), ("alias", alias), ("version", (long?)to)).ConfigureAwait(false))[0];

    private static async ValueTask<int?> FindAliasAsync(IMetadataSession session, string model, string alias) =>
        (int?)await session.ScalarAsync(
            "SELECT version FROM registry_aliases WHERE model = @model AND alias = @alias", ("model", model), ("alias", alias)).ConfigureAwait(false);

    private static string? VersionJson(int? version) => version is { } number
        ? StoredJson.Text(writer =>
        {
            writer.WriteStartObject();
            writer.WriteNumber("version", number);
            writer.WriteEndObject();
        })
        : null;

    private static void WriteVersion(Utf8JsonWriter writer, string name, int? version)
    {
        if (version is { } number)
            writer.WriteNumber(name, number);
        else
            writer.WriteNull(name);
    }

    private static AliasChange ReadMove(string model, DbDataReader reader) => new(
        model, reader.GetString(0), reader.IsDBNull(1) ? null : (int)reader.GetInt64(1), reader.IsDBNull(2) ? null : (int)reader.GetInt64(2),
        reader.GetTimestamp(3), reader.GetString(4), reader.GetString(5));
}
