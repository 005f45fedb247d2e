using System.Runtime.CompilerServices;

namespace MlOps.Features;

/// <summary>Frames of any sizes, cut and joined into batches of one size, so that batches are the same whenever the rows are.</summary>
internal sealed class FrameFeatureSource(IAsyncEnumerable<DataFrame> frames, string description) : FeatureSource(description)
{
    internal override async IAsyncEnumerable<SourceFrame> ReadAsync(SourceReading reading, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var waiting = new List<DataFrame>();
        var rows = 0;
        await foreach (var frame in frames.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            // Copied columns are dropped here: what the view does not read need not be kept.
            var rest = Narrow(frame, reading.Columns);
            while (rows + rest.RowCount >= reading.RowsPerBatch)
            {
                var take = reading.RowsPerBatch - rows;
                waiting.Add(rest.Slice(0, take));
                rest = rest.Slice(take, rest.RowCount - take);
                yield return Joined(waiting);
                waiting.Clear();
                rows = 0;
            }

            if (rest.RowCount > 0)
                waiting.Add(rest);
            rows += rest.RowCount;
        }

        if (rows > 0)
            yield return Joined(waiting);
    }

    private static DataFrame Narrow(DataFrame frame, SourceColumns columns)
    {
        var wanted = columns.All.Keys.Where(frame.HasColumn).ToArray();
        return wanted.Length == frame.Columns.Count || wanted.Length == 0 ? frame : frame.Select(wanted);
    }

    private static SourceFrame Joined(List<DataFrame> parts)
    {
        var frame = parts.Count == 1 ? parts[0] : DataFrame.Concat(parts);
        return new SourceFrame(frame, SizeOf(frame));
    }

    internal static long SizeOf(DataFrame frame) =>
        frame.Columns.Sum(column => (long)column.Length * column.Type switch { DataType.Boolean => 1, DataType.Int32 or DataType.Float32 => 4, _ => 8 });
}
