namespace MlOps.Registry;

/// <summary>How a version is exported.</summary>
public sealed record BundleExportOptions
{
    /// <summary>Whether the version's labels travel too. They change over time, and so would the bundle's digest.</summary>
    /// <value>Default: true.</value>
    public bool IncludeTags { get; init; } = true;

    /// <summary>Whether what others attached to the version travels too, for instance its signatures.</summary>
    /// <value>Default: true.</value>
    public bool IncludeAttachments { get; init; } = true;
}
