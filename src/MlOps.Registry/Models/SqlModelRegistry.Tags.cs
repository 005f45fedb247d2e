namespace MlOps.Registry;

internal sealed partial class SqlModelRegistry
{
    public async ValueTask SetTagsAsync(
        ModelVersionRef version, IReadOnlyDictionary<string, string?> tags, string reason = "", CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.RegisterModels, Subject(version.Model));
        ArgumentNullException.ThrowIfNull(tags);
        NameRules.Model(version.Model);
        NameRules.Text("The reason", reason, RegistryLimits.ReasonLength);
        var changes = Snapshots.Of("Tag", tags, RegistryLimits.TagChanges);
        if (changes.Count > RegistryLimits.TagChanges)
            throw new InvalidInputException($"More than {RegistryLimits.TagChanges} tags are set at once. Set them in several calls.");
        foreach (var (name, value) in changes)
        {
            NameRules.Field("Tag", name);
            if (value is not null)
                NameRules.Text($"The value of tag '{name}'", value, RegistryLimits.TagValueLength);
        }

        await _area.WriteAsync(async (session, _) =>
        {
            await RequireVersionAsync(session, version).ConfigureAwait(false);
            var before = await ReadTagsAsync(session, version).ConfigureAwait(false);
            if (TagMerge.Apply(before, changes, $"Version {version}") is not { } after)
                return false;
            foreach (var (name, value) in changes)
                await SetTagAsync(session, version, name, value).ConfigureAwait(false);
            await AnnounceTagsAsync(session, version, changes, before, after, reason).ConfigureAwait(false);
            return true;
        }, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask AnnounceTagsAsync(
        IMetadataSession session, ModelVersionRef version, Dictionary<string, string?> changes, Dictionary<string, string> before, Dictionary<string, string> after,
        string reason)
    {
        await _context.Audit.AppendAsync(session, new AuditEntry(
            "registry.tags.set", version.ToString(), reason, Before: TagsJson(before), After: TagsJson(after))).ConfigureAwait(false);
        await _context.Events.AppendAsync(session, RegistryEvents.TagsChanged, version.Model, StoredJson.Text(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("model", version.Model);
            writer.WriteNumber("version", version.Version);
            writer.WriteStartObject("tags");
            foreach (var (name, value) in changes.OrderBy(pair => pair.Key, StringComparer.Ordinal))
                writer.WriteString(name, value);
            writer.WriteEndObject();
            writer.WriteEndObject();
        })).ConfigureAwait(false);
    }

    private static string TagsJson(Dictionary<string, string> tags) => StoredJson.Text(writer =>
    {
        writer.WriteStartObject();
        StoredJson.WriteMap(writer, "tags", tags);
        writer.WriteEndObject();
    });

    private static async ValueTask SetTagAsync(IMetadataSession session, ModelVersionRef version, string name, string? value)
    {
        if (value is null)
        {
            await session.ExecuteAsync(
                "DELETE FROM registry_tags WHERE model = @model AND version = @version AND name = @name",
                ("model", version.Model), ("version", (long)version.Version), ("name", name)).ConfigureAwait(false);
            return;
        }

        await session.ExecuteAsync(
            "INSERT INTO registry_tags (model, version, name, value) VALUES (@model, @version, @name, @value) " +
            "ON CONFLICT (model, version, name) DO UPDATE SET value = excluded.value",
            ("model", version.Model), ("version", (long)version.Version), ("name", name), ("value", value)).ConfigureAwait(false);
    }
}
