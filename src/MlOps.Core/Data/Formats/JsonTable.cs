using System.Text.Json;

namespace MlOps;

/// <summary>The columns of JSON lines as they grow. Not thread-safe.</summary>
internal sealed class JsonTable
{
    private static readonly JsonDocumentOptions LineOptions = new() { MaxDepth = 16, AllowDuplicateProperties = true };
    private readonly JsonLinesOptions _options;
    private readonly List<JsonColumn> _columns = [];
    private readonly Dictionary<string, JsonColumn> _byName = new(StringComparer.Ordinal);
    private long _line;
    private bool _built;

    public JsonTable(JsonLinesOptions? options)
    {
        _options = options ?? new JsonLinesOptions();
        foreach (var (name, type) in _options.Types ?? new Dictionary<string, DataType>())
            Column(name, type);
    }

    public int Rows { get; private set; }

    /// <summary>Lines so far.</summary>
    public long Line => _line;

    public void Add(string line)
    {
        _line++;
        var text = _line == 1 ? line.AsMemory().TrimStart('\uFEFF') : line.AsMemory();
        if (text.Span.IsWhiteSpace())
            return;
        try
        {
            using var document = JsonDocument.Parse(text, LineOptions);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw new InvalidInputException($"JSON line {_line} holds {document.RootElement.ValueKind}, not an object.");
            AddMembers(document.RootElement, null);
        }
        catch (JsonException e)
        {
            throw new InvalidInputException($"JSON line {_line} is no valid JSON: {e.Message}", e);
        }
        catch (InvalidOperationException e)
        {
            // JsonElement refuses texts with half of a surrogate pair.
            throw new InvalidInputException($"JSON line {_line} holds a text that is no Unicode: {e.Message}", e);
        }

        Rows++;
    }

    public DataFrame Build()
    {
        var rows = Rows;
        Rows = 0;
        _built = true;
        return new DataFrame(_columns.Select(column => column.Build(rows)));
    }

    private void AddMembers(JsonElement parent, string? path)
    {
        foreach (var member in parent.EnumerateObject())
        {
            var name = path is null ? member.Name : $"{path}.{member.Name}";
            if (name.Length == 0)
                throw new InvalidInputException($"JSON line {_line}: a member has an empty name; a column needs one.");
            if (member.Value.ValueKind == JsonValueKind.Object && _options.Flatten)
            {
                AddMembers(member.Value, name);
                continue;
            }

            if (!_byName.TryGetValue(name, out var column))
            {
                if (_built)
                    throw new InvalidInputException($"JSON line {_line}: member '{name}' is not among those of the first batch. Give its type in JsonLinesOptions.Types, so that every batch has the column.");
                column = Column(name, null);
            }

            column.Set(Rows, member.Value, _line);
        }
    }

    private JsonColumn Column(string name, DataType? type)
    {
        var column = new JsonColumn(new TextColumn(name, type, _options.AssumedZone, "JSON", nameof(JsonLinesOptions)));
        _byName.Add(name, column);
        _columns.Add(column);
        return column;
    }

    private sealed class JsonColumn(TextColumn texts)
    {
        private JsonValueKind _kind = texts.Type is { } given ? KindOf(given) : JsonValueKind.Undefined;

        public void Set(int row, JsonElement value, long line)
        {
            if (value.ValueKind is JsonValueKind.Array or JsonValueKind.Object)
            {
                throw new InvalidInputException(
                    $"JSON line {line}: member '{texts.Name}' is {(value.ValueKind == JsonValueKind.Array ? "an array" : "an object")}; a column holds single values. Flatten it first{(value.ValueKind == JsonValueKind.Object ? ", or set JsonLinesOptions.Flatten" : "")}.");
            }

            if (texts.Count > row)
                throw new InvalidInputException($"JSON line {line}: member '{texts.Name}' stands twice.");
            Pad(row);
            if (value.ValueKind == JsonValueKind.Null)
            {
                texts.AddNull();
                return;
            }

            var kind = value.ValueKind == JsonValueKind.False ? JsonValueKind.True : value.ValueKind;
            if (_kind == JsonValueKind.Undefined)
                _kind = kind;
            else if (_kind != kind)
                throw new InvalidInputException($"JSON line {line}: member '{texts.Name}' is {Describe(kind)}, but {Describe(_kind)} {(texts.IsGiven ? $"by its type {texts.Type}" : "on earlier lines")}.");
            switch (kind)
            {
                case JsonValueKind.String:
                    texts.AddText(value.GetString(), line);
                    break;
                case JsonValueKind.Number:
                    texts.AddNumber(value.GetRawText(), line);
                    break;
                default:
                    texts.Add(value.GetRawText(), line);
                    break;
            }
        }

        public DataColumn Build(int rows)
        {
            Pad(rows);
            var column = texts.Build();
            _kind = _kind == JsonValueKind.Undefined ? JsonValueKind.String : _kind;
            return column;
        }

        private void Pad(int rows)
        {
            while (texts.Count < rows)
                texts.AddNull();
        }

        private static JsonValueKind KindOf(DataType type) => type switch
        {
            DataType.Boolean => JsonValueKind.True,
            DataType.String or DataType.Timestamp => JsonValueKind.String,
            _ => JsonValueKind.Number,
        };

        private static string Describe(JsonValueKind kind) => kind switch { JsonValueKind.True => "true or false", JsonValueKind.Number => "a number", _ => "a text" };
    }
}
