namespace MlOps.Registry;

/// <summary>How a bundle is imported.</summary>
public sealed record BundleImportOptions
{
    /// <summary>
    /// The name of the model. Needed for a bundle that another tool made. A bundle of this library carries the name, and another one is refused, since it would
    /// change the version's digest.
    /// </summary>
    /// <value>Default: null, the name in the bundle.</value>
    public string? Model { get; init; }

    /// <summary>Which manifest of the layout's index: its <c>org.opencontainers.image.ref.name</c>.</summary>
    /// <value>Default: null, the only one.</value>
    public string? Reference { get; init; }

    /// <summary>
    /// For a bundle that another tool made: the path of the ONNX file that is served (<c>org.cncf.model.filepath</c>).
    /// </summary>
    /// <value>Default: null, the only ONNX file, if there is one.</value>
    public string? PredictPath { get; init; }

    /// <summary>Whether the labels in the bundle are set on the version.</summary>
    /// <value>Default: true.</value>
    public bool IncludeTags { get; init; } = true;

    /// <summary>Whether what is attached to the version is stored too, for instance its signatures. One that does not belong to the version is refused with the bundle.</summary>
    /// <value>Default: true.</value>
    public bool IncludeAttachments { get; init; } = true;

    /// <summary>The largest bundle accepted, in bytes over all blobs, and the largest tar file.</summary>
    /// <value>Default: 64 GiB.</value>
    public long MaximumBytes { get; init; } = 64L << 30;
}
