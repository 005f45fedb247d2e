namespace MlOps.Registry.Tests;

/// <summary>What the checker knows by itself: who was told that it refers to what, and who was asked to go.</summary>
internal sealed class GraphModel
{
    private int _purges;

    public List<Entity> Entities { get; } = [];

    /// <summary>All that was ever stored; some of it may be gone.</summary>
    public List<ArtifactRef> Known { get; } = [];

    public Dictionary<(string Model, string Alias), int> Aliases { get; } = [];

    public void Add(EntityKind kind, string name, int version, params IEnumerable<ArtifactRef> blobs) => Entities.Add(new Entity(kind, name, version, [.. blobs]));

    public void Learn(ArtifactRef blob)
    {
        if (!Known.Contains(blob))
            Known.Add(blob);
    }

    public bool IsAliased(Entity version) => Aliases.Any(alias => alias.Key.Model == version.Name && alias.Value == version.Version);

    /// <summary>From here on nobody can say whether a run is there until it was asked for.</summary>
    public void Delete(Entity run)
    {
        run.Deleted = true;
        run.MayBeGone |= _purges > 0;
    }

    public void BeginPurge()
    {
        _purges++;
        foreach (var run in Entities.Where(entity => entity is { Kind: EntityKind.Run, Deleted: true }))
            run.MayBeGone = true;
    }

    public void EndPurge() => _purges--;

    public HashSet<string> Reachable() =>
        Entities.SelectMany(entity => entity.Blobs.Select(blob => blob.Digest).Append(entity.Names ?? "")).ToHashSet(StringComparer.Ordinal);

    internal enum EntityKind
    {
        Version,
        Run,
        Outside,
    }

    internal sealed class Entity(EntityKind kind, string name, int version, ArtifactRef[] blobs)
    {
        public EntityKind Kind => kind;

        public string Name => name;

        public int Version => version;

        public ArtifactRef[] Blobs => blobs;

        /// <summary>The digest of a data set that may have been gone when it was named; when somebody stores it again, it is kept.</summary>
        public string? Names { get; set; }

        public bool Deleted { get; set; }

        public bool MayBeGone { get; set; }

        public override string ToString() => kind == EntityKind.Version ? $"{name}:{version}" : $"{kind} {name}";
    }
}
