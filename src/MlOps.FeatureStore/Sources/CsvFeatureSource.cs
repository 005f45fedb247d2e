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
        if (options.AssumedZone is { } zone && zone != TimeZoneInfo.Utc)
            throw new InvalidInputException($"{reading.Columns.What}: {Description} is to be read with moments in zone '{zone.Id}'; sources take moments with a zone, or UTC (SourceOptions.AssumeUtc). Convert them first.");
        var records = new CsvRecords(text, options.Delimiter, options.MaxRecordCharacters);
        if (!Read(records))
            throw new InvalidInputException($"{reading.Columns.What}: {Description} is empty: there is not even a header.");
        var names = Enumerable.Range(0, records.Count).Select(i => options.HasHeader ? records.Text(i).ToString() : $"column{i + 1}").ToArray();
        var places = reading.Columns.Places(names, Description);
        var given = 0L;
        var more = !options.HasHeader || Read(records);
        while (more)
        {
            var columns = reading.Columns.Begin(Description, reading.Options.AssumeUtc || options.AssumedZone is not null);
            var lines = new List<long>();
            while (more && lines.Count < reading.RowsPerBatch)
            {
                if ((lines.Count & 4095) == 0)
                    cancellationToken.ThrowIfCancellationRequested();
                Add(columns, places, records, names.Length, reading.Columns.What);
                lines.Add(records.Line);
                more = Read(records);
            }

            var at = stream.Position;
            yield return new SourceFrame(new DataFrame(columns.Select(column => column.Build())), at - given, row => $"{Description}, line {lines[row]}");
            given = at;
        }

        await Task.CompletedTask.ConfigureAwait(false);
    }

    private bool Read(CsvRecords records)
    {
        try
        {
            return records.Read();
        }
        catch (InvalidInputException error)
        {
            throw new InvalidInputException($"{Description}: {error.Message}", error);
        }
    }

    private void Add(SourceColumn[] columns, int[] places, CsvRecords records, int width, string what)
    {
        var line = records.Line;
        if (records.Count != width)
            throw new InvalidInputException($"{what}: {Description}, line {line} has {records.Count} fields, the header has {width}. Quote fields that hold the delimiter, or add what is missing.");
        for (var c = 0; c < columns.Length; c++)
        {
            var text = records.Text(places[c]);
            if (!records.IsQuoted(places[c]) && (text.Length == 0 || text.SequenceEqual(options.NullText)))
                columns[c].AddNull(line);
            else
                columns[c].AddText(text, line);
        }
    }
}
