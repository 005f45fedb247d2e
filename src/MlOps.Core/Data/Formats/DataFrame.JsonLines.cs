using System.Text.Json;

namespace MlOps;

public sealed partial class DataFrame
{
    private static readonly JsonDocumentOptions LineOptions = new() { MaxDepth = 8 };

    /// <summary>
    /// Reads JSON lines: one object a line, values null, true/false, numbers (long where all are integers, else double) and texts
    /// (<see cref="Timestamp"/> where all are ISO 8601 moments). A missing member is null; columns stand in the order of their first appearance.
    /// </summary>
    /// <param name="reader">The text; not closed.</param>
    /// <returns>The rows.</returns>
    /// <exception cref="InvalidInputException">A line is no such object, or a column mixes kinds; the message names the line.</exception>
    public static DataFrame ReadJsonLines(TextReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        var columns = new List<JsonColumn>();
        var byName = new Dictionary<string, JsonColumn>(StringComparer.Ordinal);
        var rows = 0;
        var number = 0;
        while (reader.ReadLine() is { } line)
        {
            number++;
            if (string.IsNullOrWhiteSpace(line))
                continue;
            try
            {
                using var document = JsonDocument.Parse(line, LineOptions);
                if (document.RootElement.ValueKind != JsonValueKind.Object)
                    throw new InvalidInputException($"JSON line {number} holds {document.RootElement.ValueKind}, not an object.");
                foreach (var member in document.RootElement.EnumerateObject())
                {
                    if (!byName.TryGetValue(member.Name, out var column))
                    {
                        column = new JsonColumn(member.Name);
                        byName.Add(member.Name, column);
                        columns.Add(column);
                    }

                    column.Set(rows, member.Value, number);
                }
            }
            catch (JsonException e)
            {
                throw new InvalidInputException($"JSON line {number} is no valid JSON: {e.Message}", e);
            }

            rows++;
        }

        return new DataFrame(columns.Select(column => column.Build(rows)));
    }

    /// <summary>Writes one JSON object a line; null, NaN and infinities become null, moments ISO 8601 text.</summary>
    /// <param name="stream">Where to, in UTF-8; not closed.</param>
    public void WriteJsonLines(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var names = Array.ConvertAll(_columns, column => JsonEncodedText.Encode(column.Name));
        using var writer = new Utf8JsonWriter(stream);
        for (var row = 0; row < RowCount; row++)
        {
            writer.WriteStartObject();
            for (var c = 0; c < _columns.Length; c++)
                WriteMember(writer, names[c], _columns[c], row);
            writer.WriteEndObject();
            writer.Flush();
            stream.WriteByte((byte)'\n');
            writer.Reset();
        }
    }

    private static void WriteMember(Utf8JsonWriter writer, JsonEncodedText name, DataColumn column, int row)
    {
        if (column.IsNull(row))
        {
            writer.WriteNull(name);
            return;
        }

        switch (column)
        {
            case DataColumn<bool> flags:
                writer.WriteBoolean(name, flags[row]);
                break;
            case DataColumn<int> numbers:
                writer.WriteNumber(name, numbers[row]);
                break;
            case DataColumn<long> numbers:
                writer.WriteNumber(name, numbers[row]);
                break;
            case DataColumn<float> numbers when float.IsFinite(numbers[row]):
                writer.WriteNumber(name, numbers[row]);
                break;
            case DataColumn<double> numbers when double.IsFinite(numbers[row]):
                writer.WriteNumber(name, numbers[row]);
                break;
            case DataColumn<string> texts:
                writer.WriteString(name, texts[row]);
                break;
            case DataColumn<Timestamp> moments:
                writer.WriteString(name, moments[row].ToString());
                break;
            default:
                writer.WriteNull(name);
                break;
        }
    }

    private sealed class JsonColumn(string name)
    {
        private readonly ColumnBuilder<string> _texts = new(name);
        private readonly List<long> _lines = [];
        private readonly TypeGuess _guess = new();
        private JsonValueKind _kind;
        private bool _integers = true;

        public void Set(int row, JsonElement value, long line)
        {
            if (value.ValueKind is JsonValueKind.Array or JsonValueKind.Object)
                throw new InvalidInputException($"JSON line {line}: member '{name}' is {(value.ValueKind == JsonValueKind.Array ? "an array" : "an object")}; a column holds single values. Flatten it first.");
            if (_texts.Count > row)
                throw new InvalidInputException($"JSON line {line}: member '{name}' stands twice.");
            Pad(row, line);
            _lines.Add(line);
            if (value.ValueKind == JsonValueKind.Null)
            {
                _texts.AddNull();
                return;
            }

            var kind = value.ValueKind == JsonValueKind.False ? JsonValueKind.True : value.ValueKind;
            if (_kind == JsonValueKind.Undefined)
                _kind = kind;
            else if (_kind != kind)
                throw new InvalidInputException($"JSON line {line}: member '{name}' is {Describe(kind)}, but {Describe(_kind)} on earlier lines.");
            var text = kind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
            _integers = _integers && kind == JsonValueKind.Number && ValueText.TryInteger(value.GetRawText(), out _);
            _texts.Add(text);
            if (kind == JsonValueKind.String)
                _guess.See(text);
        }

        public DataColumn Build(int rows)
        {
            Pad(rows, 0);
            var type = _kind switch
            {
                JsonValueKind.True => DataType.Boolean,
                JsonValueKind.Number => _integers ? DataType.Int64 : DataType.Float64,
                _ => _guess.Type == DataType.Timestamp ? DataType.Timestamp : DataType.String,
            };
            return Typed(_texts.Build(), type, _lines);
        }

        private void Pad(int rows, long line)
        {
            while (_texts.Count < rows)
            {
                _texts.AddNull();
                _lines.Add(line);
            }
        }

        private static string Describe(JsonValueKind kind) => kind switch { JsonValueKind.True => "true or false", JsonValueKind.Number => "a number", _ => "a text" };
    }
}
