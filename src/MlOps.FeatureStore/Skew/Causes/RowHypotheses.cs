using System.Globalization;

namespace MlOps.Features;

/// <summary>Faults of which rows were folded: another key's, none, those of an earlier request, rows with nulls filled.</summary>
internal static class RowHypotheses
{
    private const int MostMappings = 64;
    private const int EarlierRequests = 256;
    private const int StoppedRows = 24;

    public static IEnumerable<Hypothesis> Of(SkewCase @case, SkewTable table)
    {
        foreach (var part in table.Parts.Where(part => part.Features.Any(@case.Different.Contains)))
        {
            foreach (var hypothesis in WrongKeys(@case, table, part).Concat(FilledNulls(@case, part)))
                yield return hypothesis;
        }

        foreach (var roles in TimeHypotheses.RolesThatDiffer(@case, table))
        {
            foreach (var hypothesis in Lost(@case, roles))
                yield return hypothesis;
        }

        if (@case.Different.Length > 0)
            yield return Stale(@case, table);
    }

    private static IEnumerable<Hypothesis> WrongKeys(SkewCase @case, SkewTable table, SkewPart part)
    {
        var names = table.Bound.KeyNames;
        var width = part.KeyColumns.Count;
        var mappings = Math.Pow(names.Count, width);
        for (var number = 0; number < mappings && number < MostMappings; number++)
        {
            var columns = new int[width];
            for (int p = 0, rest = number; p < width; p++, rest /= names.Count)
                columns[p] = rest % names.Count;
            if (columns.SequenceEqual(part.KeyColumns))
                continue;
            var text = string.Join(", ", part.View.Keys.Select((key, p) => $"'{key.Name}' from '{names[columns[p]]}' instead of '{names[part.KeyColumns[p]]}'"));
            var hypothesis = new Hypothesis(SkewCause.WrongKey, 2, $"the served values belong to another key: {text}");
            var replayed = part.Replay(@case.Rows, 0, keyColumns: columns);
            foreach (var feature in part.Features)
                hypothesis.Predict(feature, replayed[part.NumberOf(feature)]);
            yield return hypothesis;
        }
    }

    // Keys of which nothing came. Roles of one view share its rows, and so its keys.
    private static IEnumerable<Hypothesis> Lost(SkewCase @case, SkewPart[] roles)
    {
        var empty = roles[0].Empty();
        var rows = Enumerable.Range(0, @case.Rows.Length);
        (SkewPart Part, int Row)[] differing = [.. roles.SelectMany(part => rows.Where(i => part.Features.Any(f => @case.IsDifferent(f, i))).Select(i => (part, i)))];
        var examined = roles.SelectMany(part => @case.Rows.Select(part.KeyOf)).Distinct(StringComparer.Ordinal).Count();
        bool IsEmpty(float[][] values, SkewPart part, int i) => part.Features.All(f => SkewTable.Same(values[f][i], empty[part.NumberOf(f)]));
        var lost = KeysOf(differing.Where(pair => IsEmpty(@case.Served, pair.Part, pair.Row)));
        if (lost.Count > 0)
        {
            var gone = new Hypothesis(SkewCause.LostRows, 2, $"the online store has nothing of {Keys(lost, examined)}");
            foreach (var part in roles)
            {
                foreach (var f in part.Features)
                    gone.Predict(f, [.. @case.Expected[f].Select((value, i) => lost.Contains(part.KeyOf(@case.Rows[i])) ? empty[part.NumberOf(f)] : value)]);
            }

            yield return gone;
        }

        if (Stopped(@case, roles, differing, examined) is { } stopped)
            yield return stopped;
        var unknown = KeysOf(differing.Where(pair => IsEmpty(@case.Expected, pair.Part, pair.Row) && !IsEmpty(@case.Served, pair.Part, pair.Row)));
        if (unknown.Count == 0)
            yield break;
        var incomplete = new Hypothesis(SkewCause.OfflineIncomplete, 6, $"the offline store has nothing of {Keys(unknown, examined)}");
        foreach (var part in roles)
        {
            foreach (var f in part.Features)
                incomplete.Predict(f, [.. @case.Expected[f].Select((value, i) => unknown.Contains(part.KeyOf(@case.Rows[i])) && IsEmpty(@case.Expected, part, i) ? @case.Served[f][i] : value)]);
        }

        yield return incomplete;

        HashSet<string> KeysOf(IEnumerable<(SkewPart Part, int Row)> pairs) => pairs.Select(pair => pair.Part.KeyOf(@case.Rows[pair.Row])).ToHashSet(StringComparer.Ordinal);
    }

    // Keys whose rows came up to a moment and not after it.
    private static Hypothesis? Stopped(SkewCase @case, SkewPart[] roles, (SkewPart Part, int Row)[] differing, int examined)
    {
        if (differing.Length == 0)
            return null;
        var keys = differing.Select(pair => pair.Part.KeyOf(@case.Rows[pair.Row])).ToHashSet(StringComparer.Ordinal);
        var last = differing.Max(pair => @case.TimeOf(pair.Row));
        // The moment is looked for with a part of the rows: each of them has a knowledge of its own, and so a join.
        var probed = roles.ToDictionary(part => part, part => SkewCase.Spread([.. differing.Where(pair => pair.Part == part).Select(pair => pair.Row)], StoppedRows).ToArray());
        var (since, _) = DurationSearch.Find(
            DurationSearch.Grid(TimeSpan.FromMinutes(5), TimeSpan.FromDays(30), 1.5),
            candidates => Array.ConvertAll(candidates, since => Known(probed, last - since, new Hypothesis(SkewCause.LostRows, 4, ""))),
            hypothesis => roles.Sum(part => part.Features.Sum(
                f => probed[part].Select((i, at) => @case.IsDifferent(f, i) && SkewTable.Same(hypothesis.PredictionOf(f)![at], @case.Served[f][i]) ? 1 : 0).Sum())),
            hypothesis => roles.Sum(part => part.Features.Sum(
                f => probed[part].Select((i, at) => @case.IsDifferent(f, i) ? SkewCase.Nearness(hypothesis.PredictionOf(f)![at], @case.Served[f][i]) : 0).Sum())));
        var affected = roles.ToDictionary(part => part, part => Enumerable.Range(0, @case.Rows.Length).Where(i => keys.Contains(part.KeyOf(@case.Rows[i]))).ToArray());
        var predicted = Known(affected, last - since, new Hypothesis(SkewCause.LostRows, 4, ""));
        var hypothesis = new Hypothesis(SkewCause.LostRows, 4, $"no rows that became known after about {new Timestamp(last - since)} reached the online store for {Keys(keys, examined)}");
        foreach (var part in roles)
        {
            foreach (var f in part.Features)
            {
                var values = @case.Expected[f].ToArray();
                for (var at = 0; at < affected[part].Length; at++)
                    values[affected[part][at]] = predicted.PredictionOf(f)![at];
                hypothesis.Predict(f, values);
            }
        }

        return hypothesis;

        Hypothesis Known(Dictionary<SkewPart, int[]> asked, long known, Hypothesis into)
        {
            foreach (var (part, places) in asked)
            {
                var replayed = part.ReplayKnown([.. places.Select(i => @case.Rows[i])], Array.ConvertAll(places, _ => known));
                foreach (var f in part.Features)
                    into.Predict(f, replayed[part.NumberOf(f)]);
            }

            return into;
        }
    }

    // A null filled before the store counts as a value: the count grows, and the sum by the filler for each.
    private static IEnumerable<Hypothesis> FilledNulls(SkewCase @case, SkewPart part)
    {
        var shapes = part.Features.Select(f => (Feature: f, Shape: FeatureShape.Of(part.View, part.NumberOf(f)))).Where(pair => pair.Shape.Aggregation is not null).ToArray();
        foreach (var count in shapes.Where(pair => pair.Shape.IsCount && @case.Different.Contains(pair.Feature)))
        {
            var beside = shapes.Where(pair => pair.Shape.IsBeside(count.Shape)).ToArray();
            var sum = Array.Find(beside, pair => pair.Shape.IsSum);
            var mean = Array.Find(beside, pair => pair.Shape.IsMean);
            if (sum.Shape is null && mean.Shape is null)
                continue;
            double Sum(float[][] values, int i) => sum.Shape is not null ? values[sum.Feature][i]
                : values[count.Feature][i] == 0 ? 0 : (double)values[mean.Feature][i] * values[count.Feature][i];
            double More(int i) => @case.Served[count.Feature][i] - (double)@case.Expected[count.Feature][i];
            int[] at = [.. @case.DifferentAt(count.Feature).Where(i => More(i) > 0)];
            if (at.Length == 0)
                continue;
            var fillers = at.Select(i => (Sum(@case.Served, i) - Sum(@case.Expected, i)) / More(i)).Order().ToArray();
            var filler = Math.Round(fillers[fillers.Length / 2], 3);
            bool IsFilled(int i)
            {
                var predicted = Sum(@case.Expected, i) + filler * More(i);
                return More(i) > 0 && Math.Abs(Sum(@case.Served, i) - predicted) <= 1e-5 * Math.Max(1, Math.Abs(predicted));
            }

            var hypothesis = new Hypothesis(
                SkewCause.DefaultForMissing, 5, string.Create(CultureInfo.InvariantCulture, $"missing values were counted as {filler:R}: more values, and as much more in the sum")) { Tolerance = 1e-5 };
            foreach (var (feature, shape) in beside.Where(pair => pair.Shape.IsCount || pair.Shape.IsSum || pair.Shape.IsMean))
            {
                hypothesis.Predict(feature, [.. @case.Expected[feature].Select((value, i) => !IsFilled(i) ? value
                    : shape.IsCount ? @case.Served[feature][i]
                    : (float)((Sum(@case.Expected, i) + filler * More(i)) / (shape.IsSum ? 1 : @case.Served[count.Feature][i])))]);
            }

            yield return hypothesis;
        }
    }

    // A cache hands out what was right at an earlier request of the same key. Whole keys are logged, so that request is there.
    private static Hypothesis Stale(SkewCase @case, SkewTable table)
    {
        var features = Enumerable.Range(0, table.Bound.FeatureNames.Count).ToArray();
        var byKey = new Dictionary<string, List<int>>(StringComparer.Ordinal);
        for (var row = 0; row < table.Rows; row++)
        {
            var key = string.Join('\n', table.Keys.Select(column => column[row]));
            if (!byKey.TryGetValue(key, out var rows))
                byKey.Add(key, rows = []);
            rows.Add(row);
        }

        var sources = new int[@case.Rows.Length];
        var oldest = 0L;
        for (var i = 0; i < sources.Length; i++)
        {
            var row = @case.Rows[i];
            var rows = byKey[string.Join('\n', table.Keys.Select(column => column[row]))];
            var at = rows.BinarySearch(row);
            var best = -1;
            for (var earlier = at; earlier >= 0 && at - earlier <= EarlierRequests && best < features.Length; earlier--)
            {
                var right = features.Count(f => SkewTable.Same(table.Expected[f][rows[earlier]], @case.Served[f][i]));
                if (right <= best)
                    continue;
                best = right;
                sources[i] = rows[earlier];
            }

            oldest = Math.Max(oldest, table.Times[row] - table.Times[sources[i]]);
        }

        var age = TimeSpan.FromTicks(oldest * 10);
        var hypothesis = new Hypothesis(SkewCause.StaleCache, 4, $"the served values were right at an earlier request of the same key, up to {DurationSearch.Text(age)} before") { Shift = age };
        foreach (var f in features)
            hypothesis.Predict(f, Array.ConvertAll(sources, source => table.Expected[f][source]));
        return hypothesis;
    }

    internal static string Keys(IReadOnlyCollection<string> keys, int all)
    {
        var sorted = keys.Order(StringComparer.Ordinal).ToArray();
        var prefix = sorted.Length < 2 ? "" : sorted.Aggregate((a, b) => new string([.. a.TakeWhile((c, i) => i < b.Length && b[i] == c)]));
        return $"{sorted.Length} of {all} keys examined: {string.Join(", ", sorted.Take(5).Select(key => $"'{key}'"))}{(sorted.Length > 5 ? ", ..." : "")}"
            + (prefix.Length > 0 ? $", all beginning with '{prefix}'" : "");
    }
}
