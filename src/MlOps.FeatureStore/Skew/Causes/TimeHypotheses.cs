namespace MlOps.Features;

/// <summary>Faults of time: rows that come late, a server's clock, event times of another zone.</summary>
internal static class TimeHypotheses
{
    private const long Minute = 60_000_000;

    public static IEnumerable<Hypothesis> Of(SkewCase @case, SkewTable table, CancellationToken cancellationToken)
    {
        SkewPart[] parts = [.. table.Parts.Where(part => part.Features.Any(@case.Different.Contains))];
        foreach (var part in parts)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (ByMark(@case, table, part) is { } marked)
                yield return marked;
            yield return Lag(@case, part);
            cancellationToken.ThrowIfCancellationRequested();
            foreach (var zone in Zones(@case, part))
                yield return zone;
        }

        cancellationToken.ThrowIfCancellationRequested();
        if (parts.Length > 0)
        {
            yield return Clock(@case, table, seesAhead: true);
            yield return Clock(@case, table, seesAhead: false);
        }
    }

    // The log says how far the online state had got when it answered: exact for rows that come in order, however irregularly.
    private static Hypothesis? ByMark(SkewCase @case, SkewTable table, SkewPart part)
    {
        var known = new long[@case.Rows.Length];
        var behind = new List<long>();
        for (var i = 0; i < known.Length; i++)
        {
            var vector = table.Vectors[@case.Rows[i]];
            var at = Array.IndexOf(vector.Schema.Views, part.View.Name);
            var mark = at < 0 ? vector.AsOf : vector.Marks[at].UpTo;
            known[i] = mark == long.MinValue ? DateTimeOffset.MinValue.ToUnixTimeMilliseconds() * 1000 : Math.Min(mark, vector.AsOf);
            if (known[i] < vector.AsOf)
                behind.Add(vector.AsOf - known[i]);
        }

        if (behind.Count == 0)
            return null;
        behind.Sort();
        var median = TimeSpan.FromTicks(behind[behind.Count / 2] * 10);
        var replayed = part.ReplayKnown(@case.Rows, known);
        var hypothesis = new Hypothesis(
            SkewCause.LateData, 4, median > TimeSpan.FromDays(3660) ? $"the online store of '{part.View.Name}' was empty when it answered"
                : $"the online store of '{part.View.Name}' had rows only up to {DurationSearch.Text(median)} before the request, on the median") { Shift = median };
        foreach (var feature in part.Features)
            hypothesis.Predict(feature, replayed[part.NumberOf(feature)]);
        return hypothesis;
    }

    private static Hypothesis Lag(SkewCase @case, SkewPart part)
    {
        var (lag, best) = DurationSearch.Find(
            DurationSearch.Grid(TimeSpan.FromSeconds(1), TimeSpan.FromDays(30), 1.3),
            lags => Array.ConvertAll(lags, lag => Replayed(@case, part, new Hypothesis(SkewCause.LateData, 4, ""), lag, 0)),
            hypothesis => Score(@case, hypothesis));
        var shift = TimeSpan.FromTicks(lag * 10);
        return Copy(best, new Hypothesis(
            SkewCause.LateData, 4, $"rows of '{part.View.Name}' reached the online store {DurationSearch.Text(shift)} after they were available") { Shift = shift });
    }

    private static IEnumerable<Hypothesis> Zones(SkewCase @case, SkewPart part)
    {
        for (var halves = -28; halves <= 28; halves++)
        {
            if (halves == 0)
                continue;
            var later = halves * 30 * Minute;
            var shift = TimeSpan.FromTicks(later * 10);
            var text = $"event times of '{part.View.Name}' are {DurationSearch.Text(shift.Duration())} {(later > 0 ? "later" : "earlier")} online than offline: a time zone";
            // Whether the availability moved with the event time.
            foreach (var delay in new[] { -later, 0 })
                yield return Replayed(@case, part, new Hypothesis(SkewCause.TimeZoneShift, 5, text) { Shift = shift }, delay, -later);
        }
    }

    // A clock ahead asks for a moment that has not come; whether rows of that time were there already depends on the feed.
    private static Hypothesis Clock(SkewCase @case, SkewTable table, bool seesAhead)
    {
        // With a single view its data and the server's clock cannot be told apart: whole half-hours are taken for a zone then.
        var cost = table.Parts.Select(part => part.View.Name).Distinct(StringComparer.Ordinal).Count() > 1 ? 4 : 6;
        long[] forward = DurationSearch.Grid(TimeSpan.FromSeconds(1), TimeSpan.FromDays(2), 1.3);
        var (shift, best) = DurationSearch.Find(
            seesAhead ? [.. forward.Select(duration => -duration).Reverse(), .. forward] : forward,
            shifts => Array.ConvertAll(shifts, shift =>
            {
                var hypothesis = new Hypothesis(SkewCause.ClockShift, cost, "");
                foreach (var part in table.Parts)
                    Replayed(@case, part, hypothesis, seesAhead ? 0 : shift, shift);
                return hypothesis;
            }),
            hypothesis => Score(@case, hypothesis));
        var offset = TimeSpan.FromTicks(shift * 10);
        return Copy(best, new Hypothesis(
            SkewCause.ClockShift, cost, $"the served values are right {DurationSearch.Text(offset.Duration())} {(shift < 0 ? "before" : "after")} the moment asked about: the server's clock") { Shift = offset });
    }

    private static Hypothesis Replayed(SkewCase @case, SkewPart part, Hypothesis hypothesis, long delay, long shift)
    {
        var replayed = part.Replay(@case.Rows, delay, shift);
        foreach (var feature in part.Features)
            hypothesis.Predict(feature, replayed[part.NumberOf(feature)]);
        return hypothesis;
    }

    private static double Score(SkewCase @case, Hypothesis hypothesis) =>
        hypothesis.Features.Sum(feature => @case.Different.Contains(feature) ? @case.Explained(hypothesis, feature) : 0)
        + 0.5 * hypothesis.Features.Average(feature => @case.Confirmed(hypothesis, feature));

    private static Hypothesis Copy(Hypothesis from, Hypothesis to)
    {
        foreach (var feature in from.Features)
            to.Predict(feature, from.PredictionOf(feature)!);
        return to;
    }
}
