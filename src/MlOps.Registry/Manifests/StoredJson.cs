using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace MlOps.Registry;

/// <summary>Deterministic JSON: written field by field in a fixed order, without white space, so that equal content has equal bytes.</summary>
internal static class StoredJson
{
    private static readonly JsonDocumentOptions ReadOptions = new() { MaxDepth = 32, AllowDuplicateProperties = false };

    public static byte[] Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer))
            write(writer);
        return buffer.WrittenSpan.ToArray();
    }

    public static T Read<T>(string what, ReadOnlyMemory<byte> bytes, int maximumBytes, Func<JsonElement, T> read)
    {
        if (bytes.Length > maximumBytes)
            throw new CorruptDataException($"{what} has {bytes.Length} bytes; at most {maximumBytes} are read.");
        try
        {
            using var document = JsonDocument.Parse(bytes, ReadOptions);
            return read(document.RootElement);
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException)
        {
            throw new CorruptDataException($"{what} cannot be read: {error.Message}", error);
        }
    }

    /// <summary>JSON has no NaN and no infinities; they are written as texts.</summary>
    public static void WriteDouble(Utf8JsonWriter writer, string name, double value)
    {
        if (double.IsFinite(value))
            writer.WriteNumber(name, value);
        else
            writer.WriteString(name, value.ToString(CultureInfo.InvariantCulture));
    }

    public static double ReadDouble(JsonElement element) =>
        element.ValueKind == JsonValueKind.String
            ? double.Parse(element.GetString()!, NumberStyles.Float, CultureInfo.InvariantCulture)
            : element.GetDouble();

    public static void WriteStrings(Utf8JsonWriter writer, string name, IEnumerable<string> values)
    {
        writer.WriteStartArray(name);
        foreach (var value in values)
            writer.WriteStringValue(value);
        writer.WriteEndArray();
    }

    public static string[] ReadStrings(JsonElement element) => [.. element.EnumerateArray().Select(value => value.GetString()!)];

    public static void WriteMap(Utf8JsonWriter writer, string name, IReadOnlyDictionary<string, string> values)
    {
        writer.WriteStartObject(name);
        foreach (var (key, value) in values.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            writer.WriteString(key, value);
        writer.WriteEndObject();
    }

    public static string Text(Action<Utf8JsonWriter> write) => System.Text.Encoding.UTF8.GetString(Write(write));
}
