using System.Text.Json;

namespace MlOps.Registry;

/// <summary>The config blob of a manifest: what a version says about itself besides its artifacts.</summary>
internal sealed record ModelConfig(string Model, ModelSignature Signature, IReadOnlyDictionary<string, double> Metrics, string Description)
{
    private const int MaximumBytes = 16 << 20;

    public byte[] Write() => StoredJson.Write(writer =>
    {
        writer.WriteStartObject();
        writer.WriteNumber("formatVersion", Signature.Specs.Count == 0 ? 1 : 2);
        writer.WriteString("model", Model);
        writer.WriteString("description", Description);
        writer.WriteStartObject("signature");
        WriteTensors(writer, "inputs", Signature.Inputs);
        WriteTensors(writer, "outputs", Signature.Outputs);
        StoredJson.WriteStrings(writer, "features", Signature.Features);
        if (Signature.Specs.Count > 0)
            WriteSpecs(writer);
        writer.WriteEndObject();
        writer.WriteStartObject("metrics");
        foreach (var (name, value) in Metrics.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            StoredJson.WriteDouble(writer, name, value);
        writer.WriteEndObject();
        writer.WriteEndObject();
    });

    public static ModelConfig Read(ReadOnlyMemory<byte> bytes) => StoredJson.Read("The version's config", bytes, MaximumBytes, root =>
    {
        if (root.GetProperty("formatVersion").GetInt32() is var version && version is not (1 or 2))
            throw new CorruptDataException($"The version's config has format {version}; this library reads 1 and 2. Was it written by a newer version?");
        var signature = root.GetProperty("signature");
        var metrics = new SortedDictionary<string, double>(StringComparer.Ordinal);
        foreach (var metric in root.GetProperty("metrics").EnumerateObject())
            metrics.Add(metric.Name, StoredJson.ReadDouble(metric.Value));
        return new ModelConfig(
            root.GetProperty("model").GetString()!,
            new ModelSignature(
                ReadTensors(signature.GetProperty("inputs")), ReadTensors(signature.GetProperty("outputs")), StoredJson.ReadStrings(signature.GetProperty("features")))
            {
                Specs = version == 1 ? [] : ReadSpecs(signature.GetProperty("specs")),
            },
            metrics,
            root.GetProperty("description").GetString()!);
    });

    internal static void WriteTensors(Utf8JsonWriter writer, string name, IReadOnlyList<TensorSpec> tensors)
    {
        writer.WriteStartArray(name);
        foreach (var tensor in tensors)
        {
            writer.WriteStartObject();
            writer.WriteString("name", tensor.Name);
            writer.WriteString("elementType", tensor.ElementType);
            StoredJson.WriteStrings(writer, "shape", tensor.Shape);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private void WriteSpecs(Utf8JsonWriter writer)
    {
        writer.WriteStartArray("specs");
        foreach (var spec in Signature.Specs)
        {
            writer.WriteStartObject();
            writer.WriteString("name", spec.Name);
            if (spec.Type.Length > 0)
                writer.WriteString("type", spec.Type);
            if (spec.Unit.Length > 0)
                writer.WriteString("unit", spec.Unit);
            if (spec.Categories.Count > 0)
                StoredJson.WriteStrings(writer, "categories", spec.Categories);
            if (spec.Nullable is { } nullable)
                writer.WriteBoolean("nullable", nullable);
            if (spec.Description.Length > 0)
                writer.WriteString("description", spec.Description);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static FeatureSpec[] ReadSpecs(JsonElement element) =>
    [
        .. element.EnumerateArray().Select(spec => new FeatureSpec(spec.GetProperty("name").GetString()!)
        {
            Type = Text(spec, "type"),
            Unit = Text(spec, "unit"),
            Categories = spec.TryGetProperty("categories", out var categories) ? StoredJson.ReadStrings(categories) : [],
            Nullable = spec.TryGetProperty("nullable", out var nullable) ? nullable.GetBoolean() : null,
            Description = Text(spec, "description"),
        }),
    ];

    private static string Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value.GetString() ?? "" : "";

    private static TensorSpec[] ReadTensors(JsonElement element) =>
    [
        .. element.EnumerateArray().Select(tensor => new TensorSpec(
            tensor.GetProperty("name").GetString()!, tensor.GetProperty("elementType").GetString()!, StoredJson.ReadStrings(tensor.GetProperty("shape")))),
    ];
}
