namespace MlOps.Registry;

/// <summary>The types of the events that the registry records; their subject is the model's name.</summary>
public static class RegistryEvents
{
    /// <summary>A version became visible. Data: <c>model</c>, <c>version</c>, <c>manifest</c>, and <c>runId</c> and <c>provenance</c> where there are any.</summary>
    public const string VersionRegistered = "registry.version.registered";

    /// <summary>An alias was set, moved or removed. Data: <c>model</c>, <c>alias</c>, <c>from</c>, <c>to</c> (numbers or null), <c>reason</c>.</summary>
    public const string AliasMoved = "registry.alias.moved";

    /// <summary>The labels of a version changed. Data: <c>model</c>, <c>version</c>, <c>tags</c> (null for removed ones).</summary>
    public const string TagsChanged = "registry.tags.changed";

    /// <summary>A signature of a version was stored. Data: <c>model</c>, <c>version</c>, <c>manifest</c>, <c>signature</c> (its digest), <c>predicateType</c>, <c>signer</c>, <c>origin</c>.</summary>
    public const string VersionSigned = "registry.version.signed";

    /// <summary>A version was deleted. Data: <c>model</c>, <c>version</c>, <c>reason</c>.</summary>
    public const string VersionDeleted = "registry.version.deleted";

    /// <summary>A version was restored. Data: <c>model</c>, <c>version</c>, <c>reason</c>.</summary>
    public const string VersionRestored = "registry.version.restored";

    /// <summary>A deleted version was removed for good. Data: <c>model</c>, <c>version</c>, <c>reason</c>.</summary>
    public const string VersionPurged = "registry.version.purged";

    /// <summary>A model's description, owner or labels changed. Data: <c>model</c>, <c>reason</c>.</summary>
    public const string ModelUpdated = "registry.model.updated";

    /// <summary>A model was deleted with its versions. Data: <c>model</c>, <c>reason</c>.</summary>
    public const string ModelDeleted = "registry.model.deleted";

    /// <summary>A model was restored. Data: <c>model</c>, <c>reason</c>.</summary>
    public const string ModelRestored = "registry.model.restored";
}
