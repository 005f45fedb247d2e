using System.Runtime.InteropServices;

namespace MlOps.Features;

/// <summary>The point-in-time join of two frames in memory, for data that is in no store.</summary>
public static class PointInTime
{
    /// <summary>
    /// Joins to each row of a spine the newest row of a history, of the same key, that had happened and was known at the row's moment:
    /// exactly one row per spine row, in spine order. Of rows that happened at one moment the one known last is the newest, then the later row of the
    /// frame. Neither frame need be in any order.
    /// </summary>
    /// <param name="history">The rows to join.</param>
    /// <param name="spine">Keys and moments, and whatever else, which stays.</param>
    /// <param name="options">Which columns are what.</param>
    /// <returns>The spine with the joined columns; null where no row fits.</returns>
    /// <exception cref="InvalidInputException">A column is missing or of a wrong type, or a time is null.</exception>
    public static DataFrame Join(DataFrame history, DataFrame spine, PointInTimeOptions options)
    {
        ArgumentNullException.ThrowIfNull(history);
        ArgumentNullException.ThrowIfNull(spine);
        ArgumentNullException.ThrowIfNull(options);
        var spineKeys = options.SpineKeys ?? options.Keys;
        if (options.Keys.Count == 0 || spineKeys.Count != options.Keys.Count)
            throw new InvalidInputException($"A point-in-time join needs keys, as many of the spine as of the history; it has {spineKeys.Count} and {options.Keys.Count}.");
        if (options.Lag < TimeSpan.Zero)
            throw new InvalidInputException($"A lag of {options.Lag} is not possible: rows are not there before they are known.");
        Check("The history", history, options.Keys);
        Check("The spine", spine, spineKeys);
        var columns = options.Columns ?? [.. history.Columns.Select(column => column.Name).Except(options.Keys).Where(name => name != options.EventTime && name != options.AvailableAt)];
        if (columns.FirstOrDefault(name => spine.HasColumn(options.Prefix + name)) is { } clash)
            throw new InvalidInputException($"The spine has a column '{options.Prefix + clash}' already. Set PointInTimeOptions.Prefix, or rename it.");

        var moments = Times("The spine", spine, options.SpineTime);
        var events = Times("The history", history, options.EventTime);
        // An availability that is null is the event's time.
        ReadOnlySpan<long> available = options.AvailableAt is null ? [] : RowBatchReader.Times("The history", history, options.AvailableAt, events.ToArray());
        var (asked, stored) = KeyMatch.Encode(spine, spineKeys, history, options.Keys, out var count);
        var slots = new SpineSlots(asked, count, moments);
        slots.Fill(stored, events, available, options.Lag.Ticks / 10);
        var picks = slots.Pick(asked.Length, available, options.TimeToLive is { } ttl ? ttl.Ticks / 10 : long.MaxValue);
        return spine.With(columns.Select(name => history[name].Take(picks).Rename(options.Prefix + name)));
    }

    // As RowBatchReader.Times, but without a copy where nothing is wrong.
    private static ReadOnlySpan<long> Times(string what, DataFrame frame, string name)
    {
        if (!frame.HasColumn(name) || frame[name] is not DataColumn<Timestamp> { NullCount: 0 } column)
            return RowBatchReader.Times(what, frame, name, null);
        var times = MemoryMarshal.Cast<Timestamp, long>(column.Span);
        foreach (var time in times)
        {
            if (time < RowBatchReader.Earliest || time > RowBatchReader.Latest)
                return RowBatchReader.Times(what, frame, name, null);
        }

        return times;
    }

    private static void Check(string what, DataFrame frame, IReadOnlyList<string> keys)
    {
        var missing = keys.Where(name => !frame.HasColumn(name)).ToArray();
        if (missing.Length > 0)
            throw new InvalidInputException($"{what} lacks key column(s) {string.Join(", ", missing.Select(name => $"'{name}'"))}. It has {string.Join(", ", frame.Columns.Select(column => $"'{column.Name}'"))}.");
    }
}
