using System.Collections.Frozen;

namespace MlOps.Registry;

/// <summary>
/// Names of the OCI image-spec v1.1 and of the CNCF ModelPack specification v0.0.7, our own annotations beside them, and the bounds of what is read.
/// </summary>
internal static class BundleFormat
{
    public const string LayoutFile = "oci-layout";
    public const string IndexFile = "index.json";
    public const string BlobPrefix = "blobs/sha256/";
    public const string LayoutVersion = "1.0.0";

    public const string ImageIndex = "application/vnd.oci.image.index.v1+json";
    public const string ImageManifest = ModelMediaTypes.Manifest;

    public const string PackManifest = "application/vnd.cncf.model.manifest.v1+json";
    public const string PackConfig = "application/vnd.cncf.model.config.v1+json";
    public const string PackPrefix = "application/vnd.cncf.model.";
    public const string Weight = "weight";
    public const string WeightConfig = "weight.config";
    public const string Doc = "doc";
    public const string Code = "code";
    public const string Dataset = "dataset";

    public const string RefName = "org.opencontainers.image.ref.name";
    public const string Title = "org.opencontainers.image.title";
    public const string Created = "org.opencontainers.image.created";
    public const string ImageVersion = "org.opencontainers.image.version";
    public const string FilePath = "org.cncf.model.filepath";
    public const string FileMetadata = "org.cncf.model.file.metadata+json";

    public const string SourceEnvironment = "org.mlops.source.environment";
    public const string SourceVersion = "org.mlops.source.version";
    public const string TagPrefix = "org.mlops.tag.";
    public const string Part = "org.mlops.bundle.part";
    public const string AttachmentType = "org.mlops.attachment.type";
    public const string ManifestPart = "manifest";
    public const string ConfigPart = "config";
    public const string AttachmentPart = "attachment";

    // The names under which a signature of the version covers them, so that an unpacked bundle verifies as a signed directory.
    public const string ManifestPath = "manifest.json";
    public const string ConfigPath = "config.json";

    public const int LayoutFileBytes = 4 << 10;
    public const int IndexBytes = 4 << 20;
    public const int ManifestBytes = 4 << 20;
    public const int DocumentBytes = 16 << 20;
    public const int AttachmentBytes = 16 << 20;
    public const int IndexEntries = 1_000;
    public const int Attachments = 1_000;
    public const int Layers = RegistryLimits.Artifacts + Attachments + 2;
    public const int Annotations = 1_000;
    public const int AnnotationLength = 300_000;

    private static readonly string[] Encodings = ["raw", "tar", "tar+gzip", "tar+zstd"];

    private static readonly FrozenDictionary<string, string> Layer = new[] { Weight, WeightConfig, Doc, Code, Dataset }
        .SelectMany(role => Encodings.Select(encoding => (Type: $"{PackPrefix}{role}.v1.{encoding}", role)))
        .ToFrozenDictionary(pair => pair.Type, pair => pair.role, StringComparer.Ordinal);

    /// <summary>What a layer of a ModelPack manifest holds, or null when the media type is none of the specification's.</summary>
    public static string? RoleOf(string mediaType) => Layer.GetValueOrDefault(mediaType);

    public static string Raw(string role) => $"{PackPrefix}{role}.v1.raw";

    public static bool IsRaw(string mediaType) => mediaType.EndsWith(".raw", StringComparison.Ordinal);

    public static bool IsUncompressed(string mediaType) => IsRaw(mediaType) || mediaType.EndsWith(".tar", StringComparison.Ordinal);

    public static string BlobPath(ArtifactDigest digest) => BlobPrefix + digest.Hex;

    /// <summary>The role in which an artifact of this library is shown to others.</summary>
    public static string RoleOf(ModelArtifact artifact) => artifact.Kind switch
    {
        ModelArtifactKind.Parameters => Weight,
        ModelArtifactKind.Functions => artifact.Content.MediaType == "application/json" ? WeightConfig : Weight,
        ModelArtifactKind.Definition => WeightConfig,
        ModelArtifactKind.Data => Dataset,
        ModelArtifactKind.Dependencies or ModelArtifactKind.GenerationCode => Code,
        _ => Doc,
    };

    public static string PathOf(ModelArtifact artifact) => $"{artifact.Kind}/{artifact.Name}";
}
