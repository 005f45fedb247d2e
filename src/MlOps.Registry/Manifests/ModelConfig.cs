using System.Text.Json;

namespace MlOps.Registry;

/// <summary>The config blob of a manifest: what a version says about itself besides its artifacts.</summary>
internal sealed record ModelConfig(string Model, ModelSignature Signature, IReadOnlyDictionary<string, double> Metrics, string Description)
{
    private const int MaximumBytes = 16 << 20;

    public byte[] Write() => StoredJson.Write(writer =>
    {
        writer.WriteStartObject();
        writer.WriteNumber("formatVersion", 1);
        writer.WriteString("model", Model);
        writer.WriteString("description", Description);
        writer.WriteStartObject("signature");
        WriteTensors(writer, "inputs", Signature.Inputs);
        WriteTensors(writer, "outputs", Signature.Outputs);
        StoredJson.WriteStrings(writer, "features", Signature.Features);
        writer.WriteEndObject();
        writer.WriteStartObject("metrics");
        foreach (var (name, value) in Metrics.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            StoredJson.WriteDouble(writer, name, value);
        writer.WriteEndObject();
        writer.WriteEndObject();
    });

    public static ModelConfig Read(ReadOnlyMemory<byte> bytes) => StoredJson.Read("The version's config", bytes, MaximumBytes, root =>
    {
        if (root.GetProperty("formatVersion").GetInt32() is var version && version != 1)
            throw new CorruptDataException($"The version's config has format {version}; this library reads 1. Was it written by a newer version?");
        var signature = root.GetProperty("signature");
        var metrics = new SortedDictionary<string, double>(StringComparer.Ordinal);
        foreach (var metric in root.GetProperty("metrics").EnumerateObject())
            metrics.Add(metric.Name, StoredJson.ReadDouble(metric.Value));
        return new ModelConfig(
            root.GetProperty("model").GetString()!,
            new ModelSignature(
                ReadTensors(signature.GetProperty("inputs")), ReadTensors(signature.GetProperty("outputs")), StoredJson.ReadStrings(signature.GetProperty("features"))),
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

    private static TensorSpec[] ReadTensors(JsonElement element) =>
    [
        .. element.EnumerateArray().Select(tensor => new TensorSpec(
            tensor.GetProperty("name").GetString()!, tensor.GetProperty("elementType").GetString()!, StoredJson.ReadStrings(tensor.GetProperty("shape")))),
    ];
}
