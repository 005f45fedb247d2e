using System.Data.Common;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace MlOps.Features;

/// <summary>The rows of a reader or a command of any ADO.NET database; a row's place is its number in the result.</summary>
internal sealed class DatabaseFeatureSource(DbDataReader? open, DbCommand? command) : FeatureSource(command is null ? "the database reader" : "the database query")
{
    internal override async IAsyncEnumerable<SourceFrame> ReadAsync(SourceReading reading, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var reader = open ?? await command!.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await foreach (var frame in ReadAsync(reader, reading, Description, null, cancellationToken).ConfigureAwait(false))
                yield return frame;
        }
        finally
        {
            if (open is null)
                await reader.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Reads rows in batches. With a watermark, a batch ends only where the watermark changes, so that equal ones are never torn apart.</summary>
    public static async IAsyncEnumerable<SourceFrame> ReadAsync(
        DbDataReader reader, SourceReading reading, string description, WatermarkReader? watermark, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var names = Enumerable.Range(0, reader.FieldCount).Select(reader.GetName).ToArray();
        var places = reading.Columns.Places(names, description);
        watermark?.Bind(names);
        var columns = reading.Columns.Begin(description, reading.Options.AssumeUtc);
        var first = 1L;
        var rows = 0;
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            var changed = watermark is null || watermark.Advance(reader, first + rows);
            if (rows >= reading.RowsPerBatch && changed)
                yield return Frame(watermark?.Before);
            for (var c = 0; c < columns.Length; c++)
            {
                if (await reader.IsDBNullAsync(places[c], cancellationToken).ConfigureAwait(false))
                    columns[c].AddNull(first + rows);
                else
                    columns[c].AddObject(reader.GetValue(places[c]), first + rows);
            }

            rows++;
        }

        if (rows > 0)
            yield return Frame(watermark?.Current);

        SourceFrame Frame(string? position)
        {
            var start = first;
            var frame = new DataFrame(columns.Select(column => column.Build()));
            first += rows;
            rows = 0;
            return new SourceFrame(frame, FrameFeatureSource.SizeOf(frame), row => string.Create(CultureInfo.InvariantCulture, $"{description}, row {start + row}"), position);
        }
    }
}
