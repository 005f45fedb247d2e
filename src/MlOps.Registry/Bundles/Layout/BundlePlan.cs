using System.Globalization;
using System.Text.Json;

namespace MlOps.Registry;

/// <summary>
/// The files of a version's layout. One ModelPack manifest holds everything: a layer for each artifact, whose blob the version's own manifest names too, then that
/// manifest, its config and the attachments as layers. Whatever copies the manifest with its blobs copies all that a lossless import needs.
/// </summary>
internal sealed class BundlePlan
{
    private readonly List<(string MediaType, ArtifactDigest Digest, long Size, (string Key, string Value)[] Annotations)> _layers = [];
    private readonly string _time;

    private BundlePlan(ModelVersion version)
    {
        _time = ModelPackConfig.Time(version);
        Reference = version.Ref.ToString();
    }

    /// <summary>The files by name; writing them in this order makes equal tar files.</summary>
    public SortedDictionary<string, BundleFile> Files { get; } = new(StringComparer.Ordinal);

    public string Reference { get; }

    public ArtifactRef Manifest { get; private set; } = new("", 0, "");

    public static BundlePlan Create(ModelVersion version, ModelManifestBytes native, string environment, bool includeTags, IReadOnlyList<BundleAttachment> attachments)
    {
        var plan = new BundlePlan(version);
        foreach (var artifact in version.Artifacts)
        {
            plan.Files[BundleFormat.BlobPath(artifact.Content.ParsedDigest)] = new BundleFile(artifact.Content.Size, default, artifact.Content);
            plan.AddLayer(BundleFormat.RoleOf(artifact), BundleFormat.PathOf(artifact), artifact.Content.ParsedDigest, artifact.Content.Size);
        }

        plan.AddPart(BundleFormat.ManifestPart, BundleFormat.WeightConfig, BundleFormat.ManifestPath, native.Manifest);
        plan.AddPart(BundleFormat.ConfigPart, BundleFormat.WeightConfig, BundleFormat.ConfigPath, native.Config);
        foreach (var attachment in attachments)
            plan.AddPart(BundleFormat.AttachmentPart, BundleFormat.Doc, attachment.Path, attachment.Content, (BundleFormat.AttachmentType, attachment.MediaType));
        plan.Complete(version, environment, includeTags);
        return plan;
    }

    public static void RequireSize(string name, long written, long size)
    {
        if (written != size)
            throw new CorruptDataException($"The blob of '{name}' has {written} bytes; the manifest says {size}. Restore it from a backup, or store the artifact again.");
    }

    private void AddPart(string part, string role, string path, ReadOnlyMemory<byte> bytes, params (string Key, string Value)[] annotations) =>
        AddLayer(role, path, AddBytes(bytes), bytes.Length, [(BundleFormat.Part, part), .. annotations]);

    private void AddLayer(string role, string path, ArtifactDigest digest, long size, params (string Key, string Value)[] annotations) =>
        _layers.Add((BundleFormat.Raw(role), digest, size,
        [
            (BundleFormat.FileMetadata, Metadata(path, size)), (BundleFormat.FilePath, path), .. annotations, (BundleFormat.Title, path),
        ]));

    private ArtifactDigest AddBytes(ReadOnlyMemory<byte> bytes)
    {
        var digest = ArtifactDigest.Of(bytes.Span);
        Files[BundleFormat.BlobPath(digest)] = new BundleFile(bytes.Length, bytes, null);
        return digest;
    }

    private void Complete(ModelVersion version, string environment, bool includeTags)
    {
        var config = ModelPackConfig.Write(version, _layers.Select(layer => layer.Digest));
        var manifest = OciJson.Write(writer =>
        {
            writer.WriteStartObject();
            writer.WriteNumber("schemaVersion", 2);
            writer.WriteString("mediaType", BundleFormat.ImageManifest);
            writer.WriteString("artifactType", BundleFormat.PackManifest);
            writer.WritePropertyName("config");
            OciJson.WriteDescriptor(writer, BundleFormat.PackConfig, AddBytes(config), config.Length, null);
            writer.WriteStartArray("layers");
            foreach (var (mediaType, digest, size, annotations) in _layers)
                OciJson.WriteDescriptor(writer, mediaType, digest, size, null, annotations);
            writer.WriteEndArray();
            WriteAnnotations(writer, version, environment, includeTags);
            writer.WriteEndObject();
        });
        if (manifest.Length > BundleFormat.ManifestBytes)
        {
            throw new InvalidInputException(
                $"The manifest of {version.Ref} would have {manifest.Length} bytes; registries take {BundleFormat.ManifestBytes}. Export without tags (BundleExportOptions.IncludeTags), or with fewer artifacts.");
        }

        var manifestDigest = AddBytes(manifest);
        Manifest = new ArtifactRef(manifestDigest.ToString(), manifest.Length, BundleFormat.ImageManifest);
        AddFile(BundleFormat.IndexFile, writer =>
        {
            writer.WriteNumber("schemaVersion", 2);
            writer.WriteString("mediaType", BundleFormat.ImageIndex);
            writer.WriteStartArray("manifests");
            OciJson.WriteDescriptor(writer, BundleFormat.ImageManifest, manifestDigest, manifest.Length, BundleFormat.PackManifest, (BundleFormat.RefName, Reference));
            writer.WriteEndArray();
        });
        AddFile(BundleFormat.LayoutFile, writer => writer.WriteString("imageLayoutVersion", BundleFormat.LayoutVersion));
    }

    private void WriteAnnotations(Utf8JsonWriter writer, ModelVersion version, string environment, bool includeTags)
    {
        writer.WriteStartObject("annotations");
        writer.WriteString(BundleFormat.SourceEnvironment, environment);
        writer.WriteString(BundleFormat.SourceVersion, Reference);
        if (includeTags)
        {
            foreach (var (name, value) in version.Tags.OrderBy(tag => tag.Key, StringComparer.Ordinal))
                writer.WriteString(BundleFormat.TagPrefix + name, value);
        }

        writer.WriteString(BundleFormat.Created, _time);
        writer.WriteString(BundleFormat.Title, version.Model);
        writer.WriteString(BundleFormat.ImageVersion, version.Version.ToString(CultureInfo.InvariantCulture));
        writer.WriteEndObject();
    }

    private void AddFile(string name, Action<Utf8JsonWriter> write)
    {
        var bytes = OciJson.Write(writer =>
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        });
        Files[name] = new BundleFile(bytes.Length, bytes, null);
    }

    // FileMetadata of the specification's Go binding: a plain file that anybody may read.
    private string Metadata(string path, long size) => System.Text.Encoding.UTF8.GetString(OciJson.Write(writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("name", path[(path.LastIndexOf('/') + 1)..]);
        writer.WriteNumber("mode", 0x1A4);
        writer.WriteNumber("uid", 0);
        writer.WriteNumber("gid", 0);
        writer.WriteNumber("size", size);
        writer.WriteString("mtime", _time);
        writer.WriteNumber("typeflag", TarHeader.File);
        writer.WriteEndObject();
    }));
}
