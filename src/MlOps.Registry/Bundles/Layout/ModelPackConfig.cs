using System.Globalization;
using System.Text.Json;

namespace MlOps.Registry;

/// <summary>The config of a ModelPack manifest: what other tools show of a model. For this library's own bundles it repeats what the version's config says.</summary>
internal sealed record ModelPackConfig(string? Description)
{
    private const string What = "The ModelPack config";

    public static byte[] Write(ModelVersion version, IEnumerable<ArtifactDigest> layers) => OciJson.Write(writer =>
    {
        writer.WriteStartObject();
        writer.WriteStartObject("descriptor");
        writer.WriteString("createdAt", Time(version));
        writer.WriteString("name", version.Model);
        writer.WriteString("version", version.Version.ToString(CultureInfo.InvariantCulture));
        if (version.Description.Length > 0)
            writer.WriteString("description", version.Description);
        writer.WriteEndObject();
        writer.WriteStartObject("config");
        if (version.Find(ModelArtifactKind.Functions, ModelArtifactNames.Predict)?.Content.MediaType == ModelArtifactNames.OnnxMediaType)
            writer.WriteString("format", "onnx");
        writer.WriteEndObject();
        writer.WriteStartObject("modelfs");
        writer.WriteString("type", "layers");
        writer.WriteStartArray("diffIds");
        foreach (var layer in layers)
            writer.WriteStringValue(layer.ToString());
        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.WriteEndObject();
    });

    public static ModelPackConfig Read(ReadOnlyMemory<byte> bytes, IReadOnlyList<OciDescriptor> layers) => OciJson.Read(What, bytes, root =>
    {
        var descriptor = OciJson.RequiredObject(root, "descriptor", What);
        OciJson.RequiredObject(root, "config", What);
        var files = OciJson.RequiredObject(root, "modelfs", What);
        if (OciJson.Text(files, "type", $"{What}'s modelfs", 100) is var type && type != "layers")
            throw new InvalidInputException($"{What}'s modelfs has the type '{NameRules.Shown(type)}'; expected 'layers'.");
        CheckDiffIds(OciJson.Required(files, "diffIds", $"{What}'s modelfs"), layers);
        return new ModelPackConfig(OciJson.OptionalText(descriptor, "description", $"{What}'s descriptor", RegistryLimits.DescriptionLength));
    });

    public static string Time(ModelVersion version) =>
        version.CreatedAt.ToDateTimeOffset().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    // A layer that is not compressed is its own uncompressed form, so that a difference is a lie about one of them.
    private static void CheckDiffIds(JsonElement diffIds, IReadOnlyList<OciDescriptor> layers)
    {
        if (diffIds.ValueKind != JsonValueKind.Array || diffIds.GetArrayLength() != layers.Count)
            throw new CorruptDataException($"{What}'s diffIds are not a list with one digest for each of the {layers.Count} layers.");
        var at = 0;
        foreach (var id in diffIds.EnumerateArray())
        {
            if (id.ValueKind != JsonValueKind.String)
                throw new CorruptDataException($"{What}'s diffIds[{at}] is not a text.");
            if (BundleFormat.IsUncompressed(layers[at].MediaType) && id.GetString() != layers[at].Digest.ToString())
                throw new CorruptDataException($"{What}'s diffIds[{at}] is '{NameRules.Shown(id.GetString())}', but the layer is not compressed and has the digest {layers[at].Digest}.");
            at++;
        }
    }
}
