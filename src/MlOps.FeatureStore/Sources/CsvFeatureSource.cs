using System.Runtime.CompilerServices;

namespace MlOps.Features;

/// <summary>A CSV file, read a batch at a time; each row's line is kept until its batch is in.</summary>
internal sealed class CsvFeatureSource(string path, CsvOptions options) : FeatureSource($"file '{path}'")
{
    internal override bool IsRepeatable => true;

    internal override async IAsyncEnumerable<SourceFrame> ReadAsync(SourceReading reading, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var stream = reading.Context.Files.OpenRead(path);
        using var text = new StreamReader(stream);
        var records = new CsvRecordReader(text, options.Delimiter);
        var fields = new List<(string Text, bool Quoted)>();
        if (!TryRead(records, fields))
            throw new InvalidInputException($"{reading.Columns.What}: {Description} is empty: there is not even a header.");
        var names = fields.Select((field, i) => options.HasHeader ? field.Text : $"column{i + 1}").ToArray();
        var places = reading.Columns.Places(names, Description);
        var given = 0L;
        var more = !options.HasHeader || TryRead(records, fields);
        while (more)
        {
            var columns = reading.Columns.Begin(Description, reading.Options.AssumeUtc);
            var lines = new List<long>();
            while (more && lines.Count < reading.RowsPerBatch)
            {
                if ((lines.Count & 4095) == 0)
                    cancellationToken.ThrowIfCancellationRequested();
                Add(columns, places, fields, names.Length, records.Line, reading.Columns.What);
                lines.Add(records.Line);
                more = TryRead(records, fields);
            }

            var at = stream.Position;
            yield return new SourceFrame(new DataFrame(columns.Select(column => column.Build())), at - given, row => $"{Description}, line {lines[row]}");
            given = at;
        }

        await Task.CompletedTask.ConfigureAwait(false);
    }

    private bool TryRead(CsvRecordReader records, List<(string Text, bool Quoted)> fields)
    {
        try
        {
            return records.TryRead(fields);
        }
        catch (InvalidInputException error)
        {
            throw new InvalidInputException($"{Description}: {error.Message}", error);
        }
    }

    private void Add(SourceColumn[] columns, int[] places, List<(string Text, bool Quoted)> fields, int width, long line, string what)
    {
        if (fields.Count != width)
            throw new InvalidInputException($"{what}: {Description}, line {line} has {fields.Count} fields, the header has {width}. Quote fields that hold the delimiter, or add what is missing.");
        for (var c = 0; c < columns.Length; c++)
        {
            var (text, quoted) = fields[places[c]];
            if (!quoted && (text.Length == 0 || text == options.NullText))
                columns[c].AddNull(line);
            else
                columns[c].AddText(text, line);
        }
    }
}
