using System.Text;

namespace MlOps.Registry;

internal sealed partial class BundleReader
{
    private const string Outside = "outside";
    private const int NameLength = 150;

    /// <summary>A ModelPack manifest that another tool made. Layers that are archives stay as they are: nothing is unpacked.</summary>
    private BundleContents ReadForeign(OciDescriptor entry, OciManifest manifest, ModelPackConfig config)
    {
        var model = options.Model ?? throw new InvalidInputException(
            "The bundle was not made by this library and does not say which model it is a version of. Name it in BundleImportOptions.Model.");
        var served = FindServed(manifest);
        var names = new HashSet<(ModelArtifactKind, string)>();
        var artifacts = new List<ModelArtifact>();
        foreach (var (layer, at) in manifest.Layers.Select((layer, at) => (layer, at)))
        {
            var path = PathOf(layer, at);
            var (kind, name) = layer == served ? (ModelArtifactKind.Functions, ModelArtifactNames.Predict) : (KindOf(layer), NameOf(path));
            artifacts.Add(new ModelArtifact(kind, Unused(names, kind, name), new ArtifactRef(layer.Digest.ToString(), layer.Size, MediaTypeOf(layer, path))));
        }

        var draft = new ModelVersionDraft
        {
            Model = model,
            Artifacts = artifacts,
            Signature = served is null ? new ModelSignature([], [], []) : ReadSignature(served),
            Description = config.Description ?? "",
            Key = KeyOf(entry.Digest),
            Provenance = new ModelProvenance(Outside, Shortened(entry[BundleFormat.RefName] ?? entry.Digest.ToString()), entry.Digest.ToString(), Strategy),
        };
        return new BundleContents(draft, null, [.. manifest.Layers.DistinctBy(layer => layer.Digest)], []);
    }

    private OciDescriptor? FindServed(OciManifest manifest)
    {
        if (options.PredictPath is { } wanted)
        {
            return manifest.Layers.FirstOrDefault(layer => layer[BundleFormat.FilePath] == wanted && IsOnnx(layer)) ?? throw new InvalidInputException(
                $"The bundle has no ONNX file '{NameRules.Shown(wanted)}' (BundleImportOptions.PredictPath). Its paths: {string.Join(", ", manifest.Layers.Take(10).Select((layer, at) => NameRules.Shown(PathOf(layer, at))))}.");
        }

        var candidates = manifest.Layers.Where(IsOnnx).Take(2).ToArray();
        return candidates.Length == 1 ? candidates[0] : null;
    }

    private static bool IsOnnx(OciDescriptor layer) =>
        layer.MediaType == BundleFormat.Raw(BundleFormat.Weight) && layer[BundleFormat.FilePath]?.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase) == true;

    private ModelSignature ReadSignature(OciDescriptor layer)
    {
        using var stream = OpenBlob($"The ONNX file '{NameRules.Shown(layer[BundleFormat.FilePath])}'", layer);
        var onnx = OnnxModelReader.Read(stream);
        return onnx.HasExternalData
            ? throw new InvalidInputException("The ONNX file keeps weights in other files, which cannot be stored as one blob. Save it with its weights inside.")
            : onnx.Signature;
    }

    private static string PathOf(OciDescriptor layer, int at)
    {
        var path = layer[BundleFormat.FilePath] ?? layer[BundleFormat.Title] ?? $"layer-{at}";
        CheckPath($"The manifest's layers[{at}]", path);
        return path;
    }

    private static ModelArtifactKind KindOf(OciDescriptor layer) => BundleFormat.RoleOf(layer.MediaType) switch
    {
        BundleFormat.Weight => ModelArtifactKind.Parameters,
        BundleFormat.WeightConfig => ModelArtifactKind.Definition,
        BundleFormat.Code => ModelArtifactKind.GenerationCode,
        BundleFormat.Dataset => ModelArtifactKind.Data,
        _ => ModelArtifactKind.ExperimentArtifacts,
    };

    private static string MediaTypeOf(OciDescriptor layer, string path) => !BundleFormat.IsRaw(layer.MediaType) ? layer.MediaType : Path.GetExtension(path).ToUpperInvariant() switch
    {
        ".ONNX" => ModelArtifactNames.OnnxMediaType,
        ".JSON" => "application/json",
        ".MD" => "text/markdown",
        ".TXT" => "text/plain",
        ".CSV" => "text/csv",
        _ => "application/octet-stream",
    };

    // Paths have directories and any characters; names of artifacts have neither.
    private static string NameOf(string path)
    {
        var name = new StringBuilder(Math.Min(path.Length, NameLength));
        foreach (var c in path.Length <= NameLength ? path : path[^NameLength..])
            name.Append(char.IsAsciiLetterOrDigit(c) || c is '_' or '-' || (c == '.' && (name.Length == 0 || name[^1] != '.')) ? c : '_');
        return name.ToString().Trim('.') is { Length: > 0 } plain ? plain : "_";
    }

    private static string Unused(HashSet<(ModelArtifactKind, string)> names, ModelArtifactKind kind, string name)
    {
        var candidate = name;
        for (var number = 2; !names.Add((kind, candidate)); number++)
            candidate = $"{name}-{number}";
        return candidate;
    }

    private static string Shortened(string text) => text.Length <= RegistryLimits.KeyLength ? text : text[..RegistryLimits.KeyLength];
}
