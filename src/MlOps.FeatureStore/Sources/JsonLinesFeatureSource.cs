using System.Runtime.CompilerServices;
using System.Text.Json;

namespace MlOps.Features;

/// <summary>A file with one JSON object a line, read a batch at a time. A missing member is null.</summary>
internal sealed class JsonLinesFeatureSource(string path) : FeatureSource($"file '{path}'")
{
    private static readonly JsonDocumentOptions LineOptions = new() { MaxDepth = 16 };

    internal override bool IsRepeatable => true;

    internal override async IAsyncEnumerable<SourceFrame> ReadAsync(SourceReading reading, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var stream = reading.Context.Files.OpenRead(path);
        using var text = new StreamReader(stream);
        var places = reading.Columns.All.Keys.Select((name, i) => (name, i)).ToDictionary(pair => pair.name, pair => pair.i, StringComparer.Ordinal);
        var seen = new bool[places.Count];
        var given = 0L;
        var number = 0L;
        var lines = new List<long>();
        var columns = reading.Columns.Begin(Description, reading.Options.AssumeUtc);
        while (await text.ReadLineAsync(cancellationToken).ConfigureAwait(false) is { } line)
        {
            number++;
            if (string.IsNullOrWhiteSpace(line))
                continue;
            Add(columns, places, seen, line, number, reading.Columns.What);
            lines.Add(number);
            if (lines.Count < reading.RowsPerBatch)
                continue;
            yield return Frame();
        }

        if (lines.Count > 0)
            yield return Frame();

        SourceFrame Frame()
        {
            var of = lines;
            var frame = new SourceFrame(new DataFrame(columns.Select(column => column.Build())), stream.Position - given, row => $"{Description}, line {of[row]}");
            given = stream.Position;
            lines = [];
            return frame;
        }
    }

    private void Add(SourceColumn[] columns, Dictionary<string, int> places, bool[] seen, string line, long number, string what)
    {
        Array.Clear(seen);
        try
        {
            using var document = JsonDocument.Parse(line, LineOptions);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw new InvalidInputException($"{what}: {Description}, line {number} holds {document.RootElement.ValueKind}, not an object.");
            foreach (var member in document.RootElement.EnumerateObject())
            {
                if (!places.TryGetValue(member.Name, out var place))
                    continue;
                if (seen[place])
                    throw new InvalidInputException($"{what}: {Description}, line {number}: member '{member.Name}' stands twice. Remove one of them.");
                seen[place] = true;
                Add(columns[place], member.Value, number, what);
            }
        }
        catch (JsonException error)
        {
            throw new InvalidInputException($"{what}: {Description}, line {number} is no valid JSON: {error.Message}", error);
        }

        for (var c = 0; c < columns.Length; c++)
        {
            if (!seen[c])
                columns[c].AddNull(number);
        }
    }

    private void Add(SourceColumn column, JsonElement value, long number, string what)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Null:
                column.AddNull(number);
                break;
            case JsonValueKind.True or JsonValueKind.False:
                column.AddFlag(value.GetBoolean(), number);
                break;
            case JsonValueKind.String:
                column.AddString(value.GetString()!, number);
                break;
            case JsonValueKind.Number when value.TryGetInt64(out var integer):
                column.AddInteger(integer, number);
                break;
            case JsonValueKind.Number:
                column.AddDouble(value.GetDouble(), number);
                break;
            default:
                throw new InvalidInputException($"{what}: {Description}, line {number}: member '{column.Name}' is {(value.ValueKind == JsonValueKind.Array ? "an array" : "an object")}; a column holds single values. Flatten it first.");
        }
    }
}
