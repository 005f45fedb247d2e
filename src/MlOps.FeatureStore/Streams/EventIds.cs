using System.Globalization;

namespace MlOps.Features;

/// <summary>
/// The event ids of a partition's last offsets. An event is a repetition when its id stood at one of the <c>window</c> offsets before it,
/// which depends on the stream alone: whoever has read that far back decides alike.
/// </summary>
internal sealed class EventIds(string column, int window)
{
    private readonly Dictionary<string, (long Offset, bool IsNew)> _last = new(StringComparer.Ordinal);
    private readonly Queue<(string Id, long Offset)> _order = new();

    /// <summary>The rows to keep; null when all are new.</summary>
    public int[]? Filter(DataFrame rows, ReadOnlySpan<long> offsets)
    {
        if (!rows.HasColumn(column))
            throw new InvalidInputException($"The stream's rows have no event id column '{column}'. {NearestNames.Describe(column, rows.Columns.Select(other => other.Name))}");
        var ids = rows[column];
        List<int>? kept = null;
        for (var row = 0; row < rows.RowCount; row++)
        {
            var isNew = ids.IsNull(row) || IsNew(IdOf(ids, row), offsets[row]);
            if (isNew)
                kept?.Add(row);
            else
                kept ??= [.. Enumerable.Range(0, row)];
        }

        return kept is null ? null : [.. kept];
    }

    private bool IsNew(string id, long offset)
    {
        while (_order.TryPeek(out var oldest) && offset - oldest.Offset > window)
        {
            _order.Dequeue();
            if (_last.TryGetValue(oldest.Id, out var last) && last.Offset == oldest.Offset)
                _last.Remove(oldest.Id);
        }

        var isKnown = _last.TryGetValue(id, out var before);
        // A record may have several rows of one event: they stand or fall together.
        if (isKnown && before.Offset == offset)
            return before.IsNew;
        _last[id] = (offset, !isKnown);
        _order.Enqueue((id, offset));
        return !isKnown;
    }

    private static string IdOf(DataColumn column, int row) => column switch
    {
        DataColumn<string> texts => texts[row],
        DataColumn<long> numbers => numbers[row].ToString(CultureInfo.InvariantCulture),
        DataColumn<int> numbers => numbers[row].ToString(CultureInfo.InvariantCulture),
        _ => throw new InvalidInputException($"The event id column '{column.Name}' holds {column.Type}; ids are String, Int32 or Int64. Convert the column."),
    };
}
