using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;

namespace MlOps.Registry;

/// <summary>
/// Reads and writes the JSON of layouts. The bytes are untrusted: valid UTF-8, no property twice, bounded depth, counts and lengths, and every field of the type
/// that the OCI image-spec says. Unknown properties are ignored, as it demands.
/// </summary>
internal static class OciJson
{
    private static readonly JsonDocumentOptions ReadOptions = new() { MaxDepth = 16, AllowDuplicateProperties = false };

    // Media types hold a '+', which the default encoder would escape; some readers of manifests compare bytes.
    private static readonly JsonWriterOptions WriteOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static byte[] Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer, WriteOptions))
            write(writer);
        return buffer.WrittenSpan.ToArray();
    }

    public static T Read<T>(string what, ReadOnlyMemory<byte> bytes, Func<JsonElement, T> read)
    {
        if (!Utf8.IsValid(bytes.Span))
            throw new CorruptDataException($"{what} is not valid UTF-8. Fetch the bundle again.");
        try
        {
            using var document = JsonDocument.Parse(bytes, ReadOptions);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw new CorruptDataException($"{what} is a JSON {document.RootElement.ValueKind}; an object is expected.");
            return read(document.RootElement);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException or ArgumentException)
        {
            throw new CorruptDataException($"{what} cannot be read as JSON: {error.Message}", error);
        }
    }

    public static void CheckLayout(ReadOnlyMemory<byte> bytes) => Read($"The file '{BundleFormat.LayoutFile}'", bytes, root =>
    {
        var version = Text(root, "imageLayoutVersion", $"The file '{BundleFormat.LayoutFile}'", 100);
        return version == BundleFormat.LayoutVersion
            ? true
            : throw new InvalidInputException($"The layout has imageLayoutVersion '{NameRules.Shown(version)}'; this library reads '{BundleFormat.LayoutVersion}'.");
    });

    public static IReadOnlyList<OciDescriptor> ReadIndex(ReadOnlyMemory<byte> bytes)
    {
        const string What = "The file 'index.json'";
        return Read(What, bytes, root =>
        {
            RequireSchema(root, What);
            if (OptionalText(root, "mediaType", What, 200) is { } type && type != BundleFormat.ImageIndex)
                throw new InvalidInputException($"{What} has the media type '{NameRules.Shown(type)}'; expected '{BundleFormat.ImageIndex}'.");
            return ReadDescriptors(root, "manifests", What, BundleFormat.IndexEntries);
        });
    }

    public static OciManifest ReadManifest(ReadOnlyMemory<byte> bytes)
    {
        const string What = "The manifest";
        return Read(What, bytes, root =>
        {
            RequireSchema(root, What);
            if (root.TryGetProperty("manifests", out _))
                throw new InvalidInputException($"{What} lists manifests: it is an image index in the place of an image manifest. Export one model version as one manifest.");
            if (OptionalText(root, "mediaType", What, 200) is { } type && type != BundleFormat.ImageManifest)
                throw new InvalidInputException($"{What} has the media type '{NameRules.Shown(type)}'; expected '{BundleFormat.ImageManifest}'.");
            return new OciManifest(
                OptionalText(root, "artifactType", What, 200),
                ReadDescriptor(Required(root, "config", What), "The manifest's config"),
                ReadDescriptors(root, "layers", What, BundleFormat.Layers),
                ReadAnnotations(root, What));
        });
    }

    public static void WriteDescriptor(
        Utf8JsonWriter writer, string mediaType, ArtifactDigest digest, long size, string? artifactType, params ReadOnlySpan<(string Key, string Value)> annotations)
    {
        writer.WriteStartObject();
        writer.WriteString("mediaType", mediaType);
        writer.WriteString("digest", digest.ToString());
        writer.WriteNumber("size", size);
        if (artifactType is not null)
            writer.WriteString("artifactType", artifactType);
        if (annotations.Length > 0)
        {
            writer.WriteStartObject("annotations");
            foreach (var (key, value) in annotations)
                writer.WriteString(key, value);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    public static JsonElement Required(JsonElement parent, string name, string what) =>
        parent.TryGetProperty(name, out var value) ? value : throw new CorruptDataException($"{what} has no '{name}'.");

    public static JsonElement RequiredObject(JsonElement parent, string name, string what) =>
        Required(parent, name, what) is { ValueKind: JsonValueKind.Object } value ? value : throw new CorruptDataException($"{what} has a '{name}' that is not an object.");

    public static string Text(JsonElement parent, string name, string what, int maximum) =>
        OptionalText(parent, name, what, maximum) ?? throw new CorruptDataException($"{what} has no '{name}'.");

    public static string? OptionalText(JsonElement parent, string name, string what, int maximum)
    {
        if (!parent.TryGetProperty(name, out var value))
            return null;
        if (value.ValueKind != JsonValueKind.String)
            throw new CorruptDataException($"{what} has a '{name}' that is not a text.");
        var text = value.GetString()!;
        return text.Length <= maximum ? text : throw new InvalidInputException($"{what} has a '{name}' of {text.Length} characters; at most {maximum} are read.");
    }

    private static void RequireSchema(JsonElement root, string what)
    {
        var version = Required(root, "schemaVersion", what);
        if (version.ValueKind != JsonValueKind.Number || !version.TryGetInt32(out var number) || number != 2)
            throw new InvalidInputException($"{what} has the schemaVersion {NameRules.Shown(version.GetRawText())}; this library reads 2.");
    }

    private static OciDescriptor[] ReadDescriptors(JsonElement root, string name, string what, int maximum)
    {
        var array = Required(root, name, what);
        if (array.ValueKind != JsonValueKind.Array)
            throw new CorruptDataException($"{what} has '{name}' that are not an array.");
        var count = array.GetArrayLength();
        if (count > maximum)
            throw new InvalidInputException($"{what} lists {count} {name}; at most {maximum} are read.");
        return [.. array.EnumerateArray().Select((element, at) => ReadDescriptor(element, $"{what}'s {name}[{at}]"))];
    }

    private static OciDescriptor ReadDescriptor(JsonElement element, string what)
    {
        if (element.ValueKind != JsonValueKind.Object)
            throw new CorruptDataException($"{what} is not an object.");
        var mediaType = Text(element, "mediaType", what, 200);
        NameRules.MediaType(what, mediaType);
        var digestText = Text(element, "digest", what, 200);
        if (!ArtifactDigest.TryParse(digestText, out var digest))
        {
            throw new InvalidInputException(
                $"{what} has the digest '{NameRules.Shown(digestText)}': expected 'sha256:' and 64 lower-case hexadecimal digits. Other algorithms are not read; export with sha256.");
        }

        var size = Required(element, "size", what);
        if (size.ValueKind != JsonValueKind.Number || !size.TryGetInt64(out var bytes) || bytes < 0)
            throw new CorruptDataException($"{what} has the size {NameRules.Shown(size.GetRawText())}: expected a whole number of bytes, 0 or more.");
        return new OciDescriptor(mediaType, digest, bytes, OptionalText(element, "artifactType", what, 200), ReadAnnotations(element, what));
    }

    private static Dictionary<string, string> ReadAnnotations(JsonElement parent, string what)
    {
        var annotations = new Dictionary<string, string>(StringComparer.Ordinal);
        if (!parent.TryGetProperty("annotations", out var map))
            return annotations;
        if (map.ValueKind != JsonValueKind.Object)
            throw new CorruptDataException($"{what} has annotations that are not an object.");
        foreach (var annotation in map.EnumerateObject())
        {
            if (annotations.Count == BundleFormat.Annotations)
                throw new InvalidInputException($"{what} has more than {BundleFormat.Annotations} annotations.");
            annotations.Add(annotation.Name, Text(map, annotation.Name, $"{what}'s annotations", BundleFormat.AnnotationLength));
        }

        return annotations;
    }
}
