using System.Globalization;

namespace MlOps;

public sealed partial class DataFrame
{
    /// <summary>
    /// Reads CSV (RFC 4180). Types are given, or found from all the data: true/false, integers (long), numbers (double), ISO 8601 moments
    /// (without a zone: UTC), else text. An unquoted empty field is null, a quoted one is the empty text.
    /// </summary>
    /// <param name="reader">The text; not closed.</param>
    /// <param name="options">How; null means the defaults.</param>
    /// <returns>The rows.</returns>
    /// <exception cref="InvalidInputException">A record has too few or too many fields, or a field is not of its column's type; the message names the line.</exception>
    public static DataFrame ReadCsv(TextReader reader, CsvOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(reader);
        options ??= new CsvOptions();
        var records = new CsvRecordReader(reader, options.Delimiter);
        var fields = new List<(string Text, bool Quoted)>();
        if (!records.TryRead(fields))
            return options.HasHeader
                ? throw new InvalidInputException("The CSV text is empty: there is not even a header. Set CsvOptions.HasHeader to false when none is meant.")
                : new DataFrame();
        var names = fields.Select((field, i) => options.HasHeader ? field.Text : $"column{i + 1}").ToArray();
        foreach (var name in names)
        {
            if (name.Length == 0)
                throw new InvalidInputException($"CSV line 1: a column has an empty name among '{string.Join(options.Delimiter, names)}'.");
        }

        var texts = names.Select(name => new ColumnBuilder<string>(name)).ToArray();
        var lines = new List<long>();
        var guesses = names.Select(_ => new TypeGuess()).ToArray();
        if (!options.HasHeader)
            Append();
        while (records.TryRead(fields))
        {
            if (fields.Count != names.Length)
                throw new InvalidInputException($"CSV line {records.Line} has {fields.Count} fields, the {(options.HasHeader ? "header" : "first line")} has {names.Length}.");
            Append();
        }

        return new DataFrame(texts.Select((column, i) => Typed(column.Build(), options.Types?.TryGetValue(names[i], out var type) == true ? type : guesses[i].Type, lines)));

        void Append()
        {
            lines.Add(records.Line);
            for (var i = 0; i < fields.Count; i++)
            {
                var (text, quoted) = fields[i];
                if (!quoted && (text.Length == 0 || text == options.NullText))
                {
                    texts[i].AddNull();
                    continue;
                }

                texts[i].Add(text);
                guesses[i].See(text);
            }
        }
    }

    /// <summary>Writes CSV (RFC 4180, \n as line end) that <see cref="ReadCsv"/> reads back to the same values: null is empty, the empty text is "".</summary>
    /// <param name="writer">Where to; not closed.</param>
    /// <param name="options">How; null means the defaults.</param>
    public void WriteCsv(TextWriter writer, CsvOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(writer);
        options ??= new CsvOptions();
        if (options.HasHeader)
        {
            for (var c = 0; c < _columns.Length; c++)
                WriteField(writer, c, _columns[c].Name, options);
            writer.Write('\n');
        }

        for (var row = 0; row < RowCount; row++)
        {
            for (var c = 0; c < _columns.Length; c++)
                WriteField(writer, c, _columns[c].IsNull(row) ? null : ValueText.Format(_columns[c], row), options);
            writer.Write('\n');
        }
    }

    private static void WriteField(TextWriter writer, int column, string? text, CsvOptions options)
    {
        if (column > 0)
            writer.Write(options.Delimiter);
        if (text is null)
        {
            writer.Write(options.NullText);
            return;
        }

        var quote = text.Length == 0 || text == options.NullText || text.Contains(options.Delimiter, StringComparison.Ordinal) || text.AsSpan().ContainsAny("\"\r\n");
        if (!quote)
        {
            writer.Write(text);
            return;
        }

        writer.Write('"');
        writer.Write(text.Replace("\"", "\"\"", StringComparison.Ordinal));
        writer.Write('"');
    }

    private static DataColumn Typed(DataColumn<string> texts, DataType type, List<long> lines)
    {
        if (type == DataType.String)
            return texts;
        var builder = ColumnBuilder.Create(texts.Name, type, texts.Length);
        for (var i = 0; i < texts.Length; i++)
        {
            if (texts.IsNull(i))
                builder.AddNull();
            else if (!ValueText.TryAdd(builder, texts[i]))
                throw new InvalidInputException(string.Create(CultureInfo.InvariantCulture, $"CSV line {lines[i]}: column '{texts.Name}' holds '{texts[i]}', which is no {type}. Correct it, or read the column as String."));
        }

        return builder.Build();
    }
}
