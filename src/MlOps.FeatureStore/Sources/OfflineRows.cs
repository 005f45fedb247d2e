namespace MlOps.Features;

/// <summary>Brings stored rows back into a frame: the values as the view keeps them, aggregated columns in their fixed point.</summary>
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
            foreach (var commit in segment.Reader.Commit)
            {
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
        var units = plan.Fixed.Select(_ => new List<int>()).ToArray();
        var plain = plan.Plain.Select(_ => new List<float>()).ToArray();
        foreach (var segment in history.Segments)
        {
            var reader = segment.Reader;
            if (reader.HasCommit ? reader.Commit.IndexOf(commit) < 0 : segment.Commit != commit)
                continue;
            var texts = reader.Keys(keys.Length);
            var starts = reader.Starts;
            var commits = reader.HasCommit ? reader.Commit : default;
            for (var entity = 0; entity < reader.Entities; entity++)
            {
                for (var row = starts[entity]; row < starts[entity + 1]; row++)
                {
                    if (reader.HasCommit && commits[row] != commit)
                        continue;
                    for (var p = 0; p < keys.Length; p++)
                        keys[p].Add(texts[p][entity]);
                    events.Add(reader.Event[row]);
                    available.Add(reader.Available[row]);
                    for (var c = 0; c < units.Length; c++)
                        units[c].Add(reader.Fixed(c)[row]);
                    for (var c = 0; c < plain.Length; c++)
                        plain[c].Add(reader.Plain(c)[row]);
                }
            }
        }

        var order = Enumerable.Range(0, events.Count).OrderBy(row => events[row]).ThenBy(row => available[row]);
        foreach (var part in keys)
            order = order.ThenBy(row => part[row], StringComparer.Ordinal);
        // Ordering is stable, and within a segment an entity's rows stand in their order of arrival.
        int[] rows = [.. order];
        var columns = new Dictionary<string, DataColumn>(StringComparer.Ordinal);
        for (var p = 0; p < keys.Length; p++)
            columns[view.Keys[p].Column] = DataColumn.Create(view.Keys[p].Column, Array.ConvertAll(rows, row => keys[p][row]));
        columns[view.EventTimeColumn] = DataColumn.Create(view.EventTimeColumn, Array.ConvertAll(rows, row => new Timestamp(events[row])));
        if (view.AvailableAtColumn is { } name)
            columns[name] = DataColumn.Create(name, Array.ConvertAll(rows, row => new Timestamp(available[row])));
        for (var c = 0; c < plain.Length; c++)
            columns[plan.Plain[c]] = DataColumn.Create(plan.Plain[c], Array.ConvertAll(rows, row => (double)plain[c][row]));
        // Where a column has several scales, the finest stands last.
        foreach (var (column, c) in plan.Fixed.Select((column, c) => (column, c)).OrderBy(pair => pair.column.Scale))
            columns[column.Column] = DataColumn.Create(
                column.Column, Array.ConvertAll(rows, row => units[c][row] == ViewPlan.Missing ? double.NaN : units[c][row] / (double)column.Scale));
        return new DataFrame(columns.Values);
    }
}
