namespace MlOps.Features;

/// <summary>
/// Brings stored rows back into a frame: the values as the view keeps them, aggregated columns in their fixed point. Columns that are only counted for
/// their distinct values are kept as hashes and do not come back.
/// </summary>
internal static class OfflineRows
{
    public static SortedSet<long> CommitsOf(OfflineSnapshot history)
    {
        var commits = new SortedSet<long>();
        foreach (var segment in history.Segments)
        {
            if (!segment.Reader.HasCommit)
            {
                commits.Add(segment.Commit);
                continue;
            }

            var last = 0L;
            for (var row = 0; row < segment.Reader.Rows; row++)
            {
                var commit = segment.Reader.CommitOf(row);
                if (commit != last)
                    commits.Add(last = commit);
            }
        }

        return commits;
    }

    /// <summary>The rows of one commit in (event time, availability, key, arrival) order, which compaction does not change.</summary>
    public static DataFrame Of(OfflineSnapshot history, long commit)
    {
        var plan = history.Plan;
        var view = plan.View;
        var keys = view.Keys.Select(_ => new List<string>()).ToArray();
        var events = new List<long>();
        var available = new List<long>();
        var units = plan.Fixed.Select(_ => new List<long>()).ToArray();
        var plain = plan.Plain.Select(_ => new List<FeatureValue>()).ToArray();
        // Not disposed: the segments stay held by the snapshot that they are of.
        var segments = history.Segments.Where(segment => segment.Reader.HasCommit ? segment.FirstCommit <= commit && commit <= segment.Commit : segment.Commit == commit).ToArray();
        var part = new OfflineSnapshot(plan, segments) { MaxCommit = history.MaxCommit, MinEvent = history.MinEvent, Erasures = history.Erasures };
        var stored = new EntityRows(plan);
        var entities = part.Entities();
        while (entities.MoveNext())
        {
            stored.Load(part, entities.Locals, long.MinValue, long.MaxValue - 1, everyRow: true);
            var key = entities.KeyParts();
            for (var row = 0; row < stored.Count; row++)
            {
                if (stored.Commit[row] != commit)
                    continue;
                for (var p = 0; p < keys.Length; p++)
                    keys[p].Add(key[p]);
                events.Add(stored.Event[row]);
                available.Add(stored.Available[row]);
                for (var c = 0; c < units.Length; c++)
                    units[c].Add(stored.Fixed[c][row]);
                for (var c = 0; c < plain.Length; c++)
                    plain[c].Add(stored.Plain(c, row));
            }
        }

        var order = Enumerable.Range(0, events.Count).OrderBy(row => events[row]).ThenBy(row => available[row]);
        foreach (var texts in keys)
            order = order.ThenBy(row => texts[row], StringComparer.Ordinal);
        // Ordering is stable, and an entity's rows stand in their order of arrival.
        int[] rows = [.. order];
        var columns = new Dictionary<string, DataColumn>(StringComparer.Ordinal);
        for (var p = 0; p < keys.Length; p++)
            columns[view.Keys[p].Column] = DataColumn.Create(view.Keys[p].Column, Array.ConvertAll(rows, row => keys[p][row]));
        columns[view.EventTimeColumn] = DataColumn.Create(view.EventTimeColumn, Array.ConvertAll(rows, row => new Timestamp(events[row])));
        if (view.AvailableAtColumn is { } name)
            columns[name] = DataColumn.Create(name, Array.ConvertAll(rows, row => new Timestamp(available[row])));
        for (var c = 0; c < plain.Length; c++)
            columns[plan.Plain[c].Column] = Column(plan.Plain[c].Column, plan.Plain[c].Type, rows.Select(row => plain[c][row]));
        // Where a column has several scales, the finest stands last.
        foreach (var (column, c) in plan.Fixed.Select((column, c) => (column, c)).OrderBy(pair => pair.column.Scale))
            columns[column.Column] = DataColumn.Create(
                column.Column, Array.ConvertAll(rows, row => units[c][row] == ViewPlan.Missing ? double.NaN : units[c][row] / (double)column.Scale));
        return new DataFrame(columns.Values);
    }

    private static DataColumn Column(string name, DataType type, IEnumerable<FeatureValue> values) => type switch
    {
        DataType.String => DataColumn.FromText(name, values.Select(value => value.ToText())),
        DataType.Int64 => DataColumn.FromNullable(name, values.Select(value => value.HasValue ? value.ToInt64() : (long?)null)),
        DataType.Boolean => DataColumn.FromNullable(name, values.Select(value => value.HasValue ? value.ToBoolean() : (bool?)null)),
        DataType.Timestamp => DataColumn.FromNullable(name, values.Select(value => value.HasValue ? value.ToTimestamp() : (Timestamp?)null)),
        _ => DataColumn.Create(name, values.Select(value => value.ToDouble()).ToArray()),
    };
}
