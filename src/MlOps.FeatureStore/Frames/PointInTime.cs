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

        var events = RowBatchReader.Times("The history", history, options.EventTime, null);
        var available = options.AvailableAt is null ? events : RowBatchReader.Times("The history", history, options.AvailableAt, events);
        var moments = RowBatchReader.Times("The spine", spine, options.SpineTime, null);
        var (asked, stored) = KeyMatch.Encode(spine, spineKeys, history, options.Keys, out var count);
        var rows = HistoryGroups.Of(stored, count, events, available);
        var picks = rows.Pick(asked, moments, options.Lag.Ticks / 10, options.TimeToLive is { } ttl ? ttl.Ticks / 10 : long.MaxValue);
        return spine.With(columns.Select(name => history[name].Take(picks).Rename(options.Prefix + name)));
    }

    private static void Check(string what, DataFrame frame, IReadOnlyList<string> keys)
    {
        var missing = keys.Where(name => !frame.HasColumn(name)).ToArray();
        if (missing.Length > 0)
            throw new InvalidInputException($"{what} lacks key column(s) {string.Join(", ", missing.Select(name => $"'{name}'"))}. It has {string.Join(", ", frame.Columns.Select(column => $"'{column.Name}'"))}.");
    }
}
