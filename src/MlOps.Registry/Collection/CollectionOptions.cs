namespace MlOps.Registry;

/// <summary>How blobs are collected.</summary>
public sealed record CollectionOptions
{
    /// <summary>Younger blobs are kept, since a writer may be about to refer to them; at least an hour.</summary>
    /// <value>Default: one day.</value>
    public TimeSpan MinimumAge { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Only counts what would be removed.</summary>
    /// <value>Default: false.</value>
    public bool DryRun { get; init; }
}
