using System.Globalization;
using System.Text.Json;

namespace MlOps.Features;

/// <summary>Reads stored encodings. They come with models, which are untrusted: sizes are bounded, every property is known, every number is finite.</summary>
internal static class EncodingReader
{
    private const int MaxBytes = 64 * 1024 * 1024;
    private const int MaxColumns = 16_384;
    private const int MaxOutputs = 1_048_576;
    private const int MaxNameLength = 4096;

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 8, AllowDuplicateProperties = false };

    public static FittedEncoding Read(Stream stream)
    {
        using var bytes = new MemoryStream();
        var buffer = new byte[81_920];
        for (int read; (read = stream.Read(buffer)) > 0;)
        {
            if (bytes.Length + read > MaxBytes)
                throw Wrong($"it is longer than {MaxBytes} bytes");
            bytes.Write(buffer, 0, read);
        }

        return Read(bytes.GetBuffer().AsMemory(0, (int)bytes.Length));
    }

    public static FittedEncoding Read(ReadOnlyMemory<byte> json)
    {
        if (json.Length > MaxBytes)
            throw Wrong($"it is longer than {MaxBytes} bytes");
        try
        {
            using var document = JsonDocument.Parse(json, Strict);
            return Read(document.RootElement);
        }
        catch (JsonException error)
        {
            throw Wrong("it is no JSON: " + error.Message, error);
        }
        catch (InvalidOperationException error)
        {
            throw Wrong("a value is of another kind than expected: " + error.Message, error);
        }
        catch (InvalidDefinitionException error)
        {
            throw Wrong(error.Message, error);
        }
    }

    private static FittedEncoding Read(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("format", out var format) || !format.ValueEquals(FittedEncoding.Format))
            throw Wrong($"\"format\" is not \"{FittedEncoding.Format}\"");
        if (Integer(root, "version", 1, int.MaxValue) is var version && version != FittedEncoding.Version)
            throw Wrong($"it is of version {version}, and this library reads {FittedEncoding.Version}: load it with the library that wrote it, or fit again");
        Only(root, "format", "version", "columns", "steps");
        var columns = List(root, "columns", MaxColumns).Select(Column).ToArray();
        if (columns.Select(column => column.Name).Distinct(StringComparer.Ordinal).Count() != columns.Length)
            throw Wrong("two columns have one name");
        var outputs = 0L;
        var steps = new List<EncodingStep>();
        foreach (var element in List(root, "steps", MaxColumns))
        {
            var step = Step(element, columns);
            outputs += step.Width;
            if (outputs > MaxOutputs)
                throw Wrong($"it has more than {MaxOutputs} outputs");
            steps.Add(step);
        }

        return new FittedEncoding(columns, [.. steps]);
    }

    private static EncodedColumn Column(JsonElement element)
    {
        Only(element, "name", "kind", "fill");
        var kind = Text(element, "kind");
        if (!Enum.TryParse<EncodedKind>(kind, out var parsed) || parsed.ToString() != kind)
            throw Wrong($"a column is of kind '{kind}'");
        var fill = element.TryGetProperty("fill", out _) ? Number(element, "fill") : (double?)null;
        if (fill is not null && parsed != EncodedKind.Number)
            throw Wrong($"a {kind} column has a fill");
        return new EncodedColumn(Text(element, "name"), parsed, fill);
    }

    private static EncodingStep Step(JsonElement element, EncodedColumn[] columns)
    {
        if (element.ValueKind != JsonValueKind.Object)
            throw Wrong("a step is no object");
        var kind = Text(element, "kind");
        var column = (int)Integer(element, "column", 0, columns.Length - 1);
        var of = columns[column].Kind;
        switch (kind)
        {
            case "pass" when of == EncodedKind.Number:
                Only(element, "kind", "column");
                return new PassStep(column);
            case "missing":
                Only(element, "kind", "column");
                return new MissingStep(column);
            case "log1p" when of == EncodedKind.Number:
                Only(element, "kind", "column");
                return new LogStep(column);
            case ScaleStep.Standardise or ScaleStep.Normalise when of == EncodedKind.Number:
                Only(element, "kind", "column", "offset", "scale", "clamps");
                var scale = Number(element, "scale");
                if (scale <= 0)
                    throw Wrong($"a scale is {scale.ToString(CultureInfo.InvariantCulture)}, not positive");
                return new ScaleStep(column, kind, Number(element, "offset"), scale, Flag(element, "clamps"));
            case "bin" when of == EncodedKind.Number:
                Only(element, "kind", "column", "edges", "one_hot");
                var edges = List(element, "edges", MaxColumns).Select(Finite).ToArray();
                if (edges.Length < 2 || edges.Zip(edges.Skip(1)).Any(pair => pair.First > pair.Second || (pair.First == pair.Second && edges.Length > 2)))
                    throw Wrong("the edges of bins do not increase");
                return new BinStep(column, edges, Flag(element, "one_hot"));
            case "hash" when of != EncodedKind.Number:
                Only(element, "kind", "column", "hash", "buckets", "seed");
                if (Text(element, "hash") != "xxh64")
                    throw Wrong("a hash is not \"xxh64\"");
                return new HashStep(column, (int)Integer(element, "buckets", 1, MaxOutputs), element.GetProperty("seed").TryGetUInt64(out var seed) ? seed : throw Wrong("a seed is no integer of 64 bits"));
            case "one-hot" when of != EncodedKind.Number:
                return OneHot(element, column, columns[column]);
            default:
                throw Wrong($"a step is of kind '{kind}' on a {of} column");
        }
    }

    private static OneHotStep OneHot(JsonElement element, int column, EncodedColumn of)
    {
        Only(element, "kind", "column", "categories", "out_of_vocabulary");
        var policy = Text(element, "out_of_vocabulary");
        if (!Enum.TryParse<OutOfVocabulary>(policy, out var parsed) || parsed.ToString() != policy)
            throw Wrong($"\"out_of_vocabulary\" is '{policy}'");
        var categories = List(element, "categories", MaxOutputs).Select(category => Short(category.GetString())).ToArray();
        if (categories.Distinct(StringComparer.Ordinal).Count() != categories.Length)
            throw Wrong("a category stands twice");
        if (of.Kind == EncodedKind.Code && categories.FirstOrDefault(category => !IsCode(category)) is { } text)
            throw Wrong($"category '{text}' is no integer");
        return new OneHotStep(column, of.Name, categories, of.Kind == EncodedKind.Code, parsed);
    }

    // One spelling for a number, so that two categories cannot be one.
    private static bool IsCode(string category) =>
        long.TryParse(category, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var code) && code.ToString(CultureInfo.InvariantCulture) == category;

    private static void Only(JsonElement element, params string[] names)
    {
        if (element.ValueKind != JsonValueKind.Object)
            throw Wrong("an object is expected where something else stands");
        foreach (var property in element.EnumerateObject())
        {
            if (!names.Contains(property.Name, StringComparer.Ordinal))
                throw Wrong($"it has an unknown property '{property.Name}'");
        }
    }

    private static IEnumerable<JsonElement> List(JsonElement element, string name, int most)
    {
        if (!element.TryGetProperty(name, out var list) || list.ValueKind != JsonValueKind.Array)
            throw Wrong($"\"{name}\" is no list");
        var count = list.GetArrayLength();
        return count > 0 || name == "categories" ? count <= most ? list.EnumerateArray() : throw Wrong($"\"{name}\" has {count} items; {most} are allowed") : throw Wrong($"\"{name}\" is empty");
    }

    private static string Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? Short(value.GetString()) : throw Wrong($"\"{name}\" is no text");

    private static string Short(string? text) => text is { Length: <= MaxNameLength } ? text : throw Wrong("a text is missing or too long");

    private static double Number(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? Finite(value) : throw Wrong($"\"{name}\" is missing");

    private static double Finite(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && double.IsFinite(number) ? number : throw Wrong("a number is missing or not finite");

    private static long Integer(JsonElement element, string name, long least, long most) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number >= least && number <= most
            ? number
            : throw Wrong($"\"{name}\" is no whole number from {least} to {most}");

    private static bool Flag(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Wrong($"\"{name}\" is neither true nor false");

    private static InvalidInputException Wrong(string what, Exception? error = null) => new($"The feature encoding cannot be read: {what}.", error);
}
