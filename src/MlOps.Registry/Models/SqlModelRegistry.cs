using Microsoft.Extensions.Logging;

namespace MlOps.Registry;

/// <summary>The registry over the environment's metadata store and artifact store. Blobs first, metadata last: what is visible is whole.</summary>
internal sealed partial class SqlModelRegistry : IModelRegistry
{
    private readonly EnvironmentContext _context;
    private readonly MetadataArea _area;
    private readonly MetadataArea _experiments;
    private readonly RegistryPolicy _policy;
    private readonly ILineageSource[] _users;
    private readonly ILogger _logger;

    public SqlModelRegistry(EnvironmentContext context, RegistryPolicy? policy = null, IEnumerable<ILineageSource>? users = null)
    {
        ArgumentNullException.ThrowIfNull(context);
        _context = context;
        _policy = policy ?? new RegistryPolicy();
        _users = users is null ? [] : [.. users];
        _experiments = new MetadataArea(context.Metadata, ExperimentsSchema.Current);
        _area = new MetadataArea(context.Metadata, RegistrySchema.Current);
        _logger = context.LoggerFactory.CreateLogger<SqlModelRegistry>();
    }

    private Timestamp Now => Timestamp.From(_context.Clock.GetUtcNow());

    public CompletenessReport CheckCompleteness(ModelVersion version)
    {
        _context.Access.Require(EnvironmentPermission.Read, Subject(version?.Model));
        ArgumentNullException.ThrowIfNull(version);
        var present = version.Artifacts.Select(artifact => artifact.Kind).ToHashSet();
        var kinds = Enum.GetValues<ModelArtifactKind>();
        return new CompletenessReport([.. kinds.Where(present.Contains)], [.. kinds.Where(kind => !present.Contains(kind))]);
    }

    private static string Subject(string? model) => $"model '{NameRules.Shown(model ?? "")}'";

    private static async ValueTask RequireVersionAsync(IMetadataSession session, ModelVersionRef version)
    {
        var exists = await session.ScalarAsync(
            "SELECT 1 FROM registry_versions WHERE model = @model AND version = @version AND deleted_at IS NULL",
            ("model", version.Model), ("version", (long)version.Version)).ConfigureAwait(false);
        if (exists is null)
            throw await MissingAsync(session, version).ConfigureAwait(false);
    }

    private static async ValueTask<ModelNotFoundException> MissingAsync(IMetadataSession session, ModelVersionRef version)
    {
        var deleted = await session.FirstOrDefaultAsync(
            "SELECT deleted_at, deleted_by, deleted_reason FROM registry_versions WHERE model = @model AND version = @version AND deleted_at IS NOT NULL",
            reader => ReadDeletion(reader, 0), ("model", version.Model), ("version", (long)version.Version)).ConfigureAwait(false);
        if (deleted is not null)
            return new ModelNotFoundException($"Version {version} was deleted {Described(deleted)}. Restore it, or read it with includeDeleted.");
        var last = await session.ScalarAsync(
            "SELECT last_version FROM registry_models WHERE name = @model AND deleted_at IS NULL", ("model", version.Model)).ConfigureAwait(false);
        if (last is not null)
        {
            return new ModelNotFoundException(
                $"Model '{version.Model}' has no version {version.Version}. Its newest version is {last}.");
        }

        return await MissingModelAsync(session, version.Model).ConfigureAwait(false);
    }

    private static async ValueTask<ModelNotFoundException> MissingModelAsync(IMetadataSession session, string model)
    {
        var deleted = await session.FirstOrDefaultAsync(
            "SELECT deleted_at, deleted_by, deleted_reason FROM registry_models WHERE name = @model AND deleted_at IS NOT NULL",
            reader => ReadDeletion(reader, 0), ("model", model)).ConfigureAwait(false);
        if (deleted is not null)
            return new ModelNotFoundException($"Model '{model}' was deleted {Described(deleted)}. Restore it, or read it with includeDeleted.");
        var names = await session.QueryAsync(
            "SELECT name FROM registry_models WHERE deleted_at IS NULL ORDER BY name LIMIT 1000", reader => reader.GetString(0)).ConfigureAwait(false);
        return new ModelNotFoundException($"There is no model '{NameRules.Shown(model)}'. {NearestNames.Describe(NameRules.Shown(model), names)}");
    }
}
