namespace MlOps;

/// <summary>Limits and upkeep of an environment's artifacts.</summary>
public sealed class ArtifactOptions
{
    /// <summary>The most bytes that artifacts may take on the disk; what would exceed them is refused with <see cref="QuotaExceededException"/> before it is stored.</summary>
    /// <value>Default: null, no limit. At least 0.</value>
    public long? QuotaBytes { get; set; }

    /// <summary>How often a process in the role <see cref="MlOpsRoles.Worker"/> removes blobs that nothing refers to; the first time soon after the start.</summary>
    /// <value>Default: null, only when <see cref="Registry.IArtifactCollector"/> is called. Range: 1 minute to 30 days.</value>
    public TimeSpan? CollectEvery { get; set; }

    /// <summary>Younger blobs are kept by that collection, since a writer may be about to refer to them.</summary>
    /// <value>Default: 1 day. Range: 1 hour to 365 days.</value>
    public TimeSpan CollectOlderThan { get; set; } = TimeSpan.FromDays(1);
}
