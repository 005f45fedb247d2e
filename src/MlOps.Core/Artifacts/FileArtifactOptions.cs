namespace MlOps.Artifacts;

/// <summary>Limits of an artifact store on files.</summary>
public sealed record FileArtifactOptions
{
    /// <summary>The largest blob accepted, in bytes; a larger one is refused while it is read.</summary>
    /// <value>Default 64 GiB.</value>
    public long MaximumBlobBytes { get; init; } = 64L << 30;

    /// <summary>Temporary files that nobody has written to for so long are removed when the store opens.</summary>
    /// <value>Default 1 hour.</value>
    public TimeSpan OrphanAge { get; init; } = TimeSpan.FromHours(1);
}
