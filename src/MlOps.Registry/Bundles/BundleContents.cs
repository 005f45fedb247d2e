namespace MlOps.Registry;

/// <summary>What a layout holds, as far as its documents say: they are verified, the blobs of the artifacts are still to be read.</summary>
internal sealed record BundleContents(
    ModelVersionDraft Draft, ModelManifestBytes? Bytes, IReadOnlyList<OciDescriptor> Blobs, IReadOnlyList<BundleAttachment> Attachments)
{
    /// <summary>The digest of the version's own manifest; null for a bundle of another tool, which has none.</summary>
    public string? ManifestDigest => Bytes is null ? null : ArtifactDigest.Of(Bytes.Manifest.Span).ToString();

    /// <summary>The version that will be registered; it has no number, time and caller yet.</summary>
    public ModelVersion Expected => new()
    {
        Model = Draft.Model,
        Version = 0,
        Manifest = new ArtifactRef(ManifestDigest ?? "", Bytes?.Manifest.Length ?? 0, ModelMediaTypes.Manifest),
        Artifacts = Draft.Artifacts,
        Signature = Draft.Signature,
        Metrics = Draft.Metrics,
        Tags = Draft.Tags,
        Description = Draft.Description,
        CreatedAt = default,
        CreatedBy = "",
    };
}
