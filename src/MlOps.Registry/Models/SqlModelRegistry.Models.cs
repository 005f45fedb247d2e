using System.Data.Common;

namespace MlOps.Registry;

internal sealed partial class SqlModelRegistry
{
    private const int LargestPage = 1_000;
    private const string ModelColumns =
        "m.name, m.description, m.owner, m.last_version, " +
        "(SELECT COUNT(*) FROM registry_versions v WHERE v.model = m.name AND v.deleted_at IS NULL), " +
        "m.created_at, m.created_by, m.updated_at, m.deleted_at, m.deleted_by, m.deleted_reason";

    public async ValueTask<RegisteredModel> GetModelAsync(string model, bool includeDeleted = false, CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.Read, Subject(model));
        NameRules.Model(model);
        return await _area.ReadAsync(
            async (session, _) => await FindModelAsync(session, model, includeDeleted).ConfigureAwait(false) ?? throw await MissingModelAsync(session, model).ConfigureAwait(false),
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<IReadOnlyList<RegisteredModel>> ListModelsAsync(ModelListOptions options, CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.Read, "the models");
        ArgumentNullException.ThrowIfNull(options);
        if (options.Limit is < 1 or > LargestPage)
            throw new InvalidInputException($"Limit is {options.Limit}: use 1 to {LargestPage}, and {nameof(ModelListOptions.After)} for the next page.");
        return await _area.ReadAsync(async (session, _) =>
        {
            var rows = await session.QueryAsync(
                $"SELECT {ModelColumns} FROM registry_models m WHERE (@after IS NULL OR m.name > @after) AND (@owner IS NULL OR m.owner = @owner)" +
                (options.IncludeDeleted ? "" : " AND m.deleted_at IS NULL") + " ORDER BY m.name LIMIT @limit",
                ReadModel, ("after", options.After), ("owner", options.Owner), ("limit", (long)options.Limit)).ConfigureAwait(false);
            if (rows.Count == 0)
                return rows;
            var tags = await session.QueryAsync(
                "SELECT model, name, value FROM registry_model_tags WHERE model >= @first AND model <= @last ORDER BY name",
                reader => (Model: reader.GetString(0), Name: reader.GetString(1), Value: reader.GetString(2)),
                ("first", rows[0].Name), ("last", rows[^1].Name)).ConfigureAwait(false);
            var byModel = tags.ToLookup(tag => tag.Model, StringComparer.Ordinal);
            return rows.ConvertAll(row => row with { Tags = byModel[row.Name].ToDictionary(tag => tag.Name, tag => tag.Value, StringComparer.Ordinal) });
        }, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<RegisteredModel> UpdateModelAsync(string model, ModelChanges changes, string reason = "", CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.RegisterModels, Subject(model));
        ArgumentNullException.ThrowIfNull(changes);
        ArgumentNullException.ThrowIfNull(changes.Tags);
        NameRules.Model(model);
        NameRules.Text("The reason", reason, RegistryLimits.ReasonLength);
        if (changes.Description is not null)
            NameRules.Text("The description", changes.Description, RegistryLimits.DescriptionLength);
        if (changes.Owner is not null)
            NameRules.Text("The owner", changes.Owner, RegistryLimits.FieldNameLength);
        var tags = Snapshots.Of("Tag", changes.Tags, RegistryLimits.TagChanges);
        if (tags.Count > RegistryLimits.TagChanges)
            throw new InvalidInputException($"More than {RegistryLimits.TagChanges} tags are set at once. Set them in several calls.");
        foreach (var (name, value) in tags)
        {
            NameRules.Field("Tag", name);
            if (value is not null)
                NameRules.Text($"The value of tag '{name}'", value, RegistryLimits.TagValueLength);
        }

        return await _area.WriteAsync(async (session, _) =>
        {
            var before = await FindModelAsync(session, model, includeDeleted: false).ConfigureAwait(false) ?? throw await MissingModelAsync(session, model).ConfigureAwait(false);
            var after = before with { Description = changes.Description ?? before.Description, Owner = changes.Owner ?? before.Owner, Tags = Merged(before.Tags, tags) };
            if (after.Tags.Count > RegistryLimits.Tags)
                throw new InvalidInputException($"Model '{model}' would have {after.Tags.Count} tags; at most {RegistryLimits.Tags} are allowed.");
            if (ModelJson(before) is var old && ModelJson(after) is var now && old == now)
                return before;
            after = after with { UpdatedAt = Now };
            await session.ExecuteAsync(
                "UPDATE registry_models SET description = @description, owner = @owner, updated_at = @at WHERE name = @model",
                ("model", model), ("description", after.Description), ("owner", after.Owner), ("at", after.UpdatedAt)).ConfigureAwait(false);
            foreach (var (name, value) in tags)
                await SetModelTagAsync(session, model, name, value).ConfigureAwait(false);
            await AnnounceAsync(session, "registry.model.update", RegistryEvents.ModelUpdated, model, null, reason, old, now).ConfigureAwait(false);
            return after;
        }, cancellationToken).ConfigureAwait(false);
    }

    private static async ValueTask<RegisteredModel?> FindModelAsync(IMetadataSession session, string model, bool includeDeleted)
    {
        var row = await session.FirstOrDefaultAsync(
            $"SELECT {ModelColumns} FROM registry_models m WHERE m.name = @model{(includeDeleted ? "" : " AND m.deleted_at IS NULL")}", ReadModel, ("model", model)).ConfigureAwait(false);
        if (row is null)
            return null;
        var tags = await session.QueryAsync(
            "SELECT name, value FROM registry_model_tags WHERE model = @model ORDER BY name",
            reader => (Name: reader.GetString(0), Value: reader.GetString(1)), ("model", model)).ConfigureAwait(false);
        return row with { Tags = tags.ToDictionary(tag => tag.Name, tag => tag.Value, StringComparer.Ordinal) };
    }

    private static RegisteredModel ReadModel(DbDataReader reader) => new()
    {
        Name = reader.GetString(0),
        Description = reader.GetString(1),
        Owner = reader.GetString(2),
        Tags = new Dictionary<string, string>(),
        LastVersion = (int)reader.GetInt64(3),
        Versions = (int)reader.GetInt64(4),
        CreatedAt = reader.GetTimestamp(5),
        CreatedBy = reader.GetString(6),
        UpdatedAt = reader.GetTimestamp(7),
        Deleted = ReadDeletion(reader, 8),
    };

    private static Dictionary<string, string> Merged(IReadOnlyDictionary<string, string> tags, Dictionary<string, string?> changes)
    {
        var merged = new Dictionary<string, string>(tags, StringComparer.Ordinal);
        foreach (var (name, value) in changes)
        {
            if (value is null)
                merged.Remove(name);
            else
                merged[name] = value;
        }

        return merged;
    }

    private static async ValueTask SetModelTagAsync(IMetadataSession session, string model, string name, string? value)
    {
        await session.ExecuteAsync(
            value is null
                ? "DELETE FROM registry_model_tags WHERE model = @model AND name = @name AND @value IS NULL"
                : "INSERT INTO registry_model_tags (model, name, value) VALUES (@model, @name, @value) ON CONFLICT (model, name) DO UPDATE SET value = excluded.value",
            ("model", model), ("name", name), ("value", value)).ConfigureAwait(false);
    }

    private async ValueTask TouchAsync(IMetadataSession session, string model) =>
        await session.ExecuteAsync("UPDATE registry_models SET updated_at = @at WHERE name = @model", ("model", model), ("at", Now)).ConfigureAwait(false);

    private static string ModelJson(RegisteredModel model) => StoredJson.Text(writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("description", model.Description);
        writer.WriteString("owner", model.Owner);
        StoredJson.WriteMap(writer, "tags", model.Tags);
        writer.WriteEndObject();
    });
}
