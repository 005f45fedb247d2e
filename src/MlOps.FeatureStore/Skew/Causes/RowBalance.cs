namespace MlOps.Features;

/// <summary>What counts say where no hypothesis predicts the values: rows too many, or too few, by keys.</summary>
internal static class RowBalance
{
    private const double Most = 0.95;

    /// <summary>Gives the windowed features of a view that have no cause yet the one that its counts point to.</summary>
    public static void Fill(SkewCase @case, SkewTable table, SkewPart part, Dictionary<int, SkewFinding> findings)
    {
        var shapes = part.Features.ToDictionary(feature => feature, feature => FeatureShape.Of(part.View, part.NumberOf(feature)));
        int[] open = [.. part.Features.Where(feature => @case.Different.Contains(feature) && !findings.ContainsKey(feature))];
        var counts = part.Features.Where(feature => shapes[feature].IsCount && open.Contains(feature)).ToArray();
        if (counts.Length == 0)
            return;
        int more = 0, fewer = 0, all = 0;
        double times = 0;
        var keys = new HashSet<string>(StringComparer.Ordinal);
        foreach (var feature in counts)
        {
            foreach (var i in @case.DifferentAt(feature))
            {
                float served = @case.Served[feature][i], expected = @case.Expected[feature][i];
                all++;
                more += served > expected ? 1 : 0;
                fewer += served < expected ? 1 : 0;
                times += served / Math.Max(1.0, expected);
                keys.Add(part.KeyOf(@case.Rows[i]));
            }
        }

        var examined = @case.Rows.Select(part.KeyOf).Distinct(StringComparer.Ordinal).Count();
        var cause = more >= Most * all ? SkewCause.DuplicatedRows : fewer >= Most * all ? Missing() : SkewCause.Unknown;
        if (cause == SkewCause.Unknown)
            return;
        var evidence = cause switch
        {
            SkewCause.DuplicatedRows => FormattableString.Invariant($"the online store counts more rows than history, {times / all:0.##} times as many on average"),
            SkewCause.LostRows => $"the online store counts fewer rows than history for {RowHypotheses.Keys(keys, examined)}",
            _ => $"the online store counted fewer rows than history at first, and as many later, for {RowHypotheses.Keys(keys, examined)}",
        };
        foreach (var feature in open.Where(feature => shapes[feature].Aggregation is not null || cause != SkewCause.DuplicatedRows))
            findings[feature] = new SkewFinding(cause, evidence, Math.Max(more, fewer) / (double)all, @case.DifferentAt(feature).Length);

        // Rows that came in the end were late; keys that never agree again have lost them.
        SkewCause Missing()
        {
            var healed = 0;
            foreach (var key in keys)
            {
                var last = Enumerable.Range(0, table.Rows).LastOrDefault(row => part.KeyOf(row) == key && table.StandingOf(counts[0], row) >= SkewTable.Standing.Equal, -1);
                healed += last >= 0 && counts.All(feature => table.StandingOf(feature, last) != SkewTable.Standing.Different) ? 1 : 0;
            }

            return healed * 2 > keys.Count ? SkewCause.LateData : SkewCause.LostRows;
        }
    }
}
