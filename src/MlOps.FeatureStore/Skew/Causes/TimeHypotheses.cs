namespace MlOps.Features;

/// <summary>Faults of time: rows that come late, a server's clock, event times of another zone.</summary>
internal static class TimeHypotheses
{
    private const long Minute = 60_000_000;

    public static IEnumerable<Hypothesis> Of(SkewCase @case, SkewTable table, CancellationToken cancellationToken)
    {
        var isAny = false;
        foreach (var roles in RolesThatDiffer(@case, table))
        {
            isAny = true;
            cancellationToken.ThrowIfCancellationRequested();
            if (ByMark(@case, table, roles) is { } marked)
                yield return marked;
            yield return Lag(@case, roles);
            cancellationToken.ThrowIfCancellationRequested();
            foreach (var zone in Zones(@case, roles))
                yield return zone;
        }

        cancellationToken.ThrowIfCancellationRequested();
        if (isAny)
        {
            yield return Clock(@case, table, seesAhead: true);
            yield return Clock(@case, table, seesAhead: false);
        }
    }

    /// <summary>The views in which something differs, each with all its roles in the service: what happens to a view's rows shows in all of them.</summary>
    internal static IEnumerable<SkewPart[]> RolesThatDiffer(SkewCase @case, SkewTable table) =>
        table.Parts.GroupBy(part => part.View.Name, StringComparer.Ordinal).Select(group => group.ToArray()).Where(roles => roles.Any(part => part.Features.Any(@case.Different.Contains)));

    // The log says how far the online state had got when it answered: exact for rows that come in order, however irregularly.
    private static Hypothesis? ByMark(SkewCase @case, SkewTable table, SkewPart[] roles)
    {
        var view = roles[0].View.Name;
        var known = new long[@case.Rows.Length];
        var behind = new List<long>();
        for (var i = 0; i < known.Length; i++)
        {
            var vector = table.Vectors[@case.Rows[i]];
            var at = Array.IndexOf(vector.Schema.Views, view);
            var mark = at < 0 ? vector.AsOf : vector.Marks[at].UpTo;
            known[i] = mark == long.MinValue ? DateTimeOffset.MinValue.ToUnixTimeMilliseconds() * 1000 : Math.Min(mark, vector.AsOf);
            if (known[i] < vector.AsOf)
                behind.Add(vector.AsOf - known[i]);
        }

        if (behind.Count == 0)
            return null;
        behind.Sort();
        var median = TimeSpan.FromTicks(behind[behind.Count / 2] * 10);
        var hypothesis = new Hypothesis(
            SkewCause.LateData, 4, median > TimeSpan.FromDays(3660) ? $"the online store of '{view}' was empty when it answered"
                : $"the online store of '{view}' had rows only up to {DurationSearch.Text(median)} before the request, on the median") { Shift = median };
        foreach (var part in roles)
        {
            var replayed = part.ReplayKnown(@case.Rows, known);
            foreach (var feature in part.Features)
                hypothesis.Predict(feature, replayed[part.NumberOf(feature)]);
        }

        return hypothesis;
    }

    private static Hypothesis Lag(SkewCase @case, SkewPart[] roles)
    {
        var (lag, best) = DurationSearch.Find(
            DurationSearch.Grid(TimeSpan.FromSeconds(1), TimeSpan.FromDays(30), 1.3),
            lags => Array.ConvertAll(lags, lag => Replayed(@case, roles, new Hypothesis(SkewCause.LateData, 4, ""), lag, 0)),
            hypothesis => Score(@case, hypothesis), @case.Near);
        var shift = TimeSpan.FromTicks(lag * 10);
        return Copy(best, new Hypothesis(
            SkewCause.LateData, 4, $"rows of '{roles[0].View.Name}' reached the online store {DurationSearch.Text(shift)} after they were available") { Shift = shift });
    }

    private static IEnumerable<Hypothesis> Zones(SkewCase @case, SkewPart[] roles)
    {
        for (var halves = -28; halves <= 28; halves++)
        {
            if (halves == 0)
                continue;
            var later = halves * 30 * Minute;
            var shift = TimeSpan.FromTicks(later * 10);
            var text = $"event times of '{roles[0].View.Name}' are {DurationSearch.Text(shift.Duration())} {(later > 0 ? "later" : "earlier")} online than offline: a time zone";
            // Whether the availability moved with the event time.
            foreach (var delay in new[] { -later, 0 })
                yield return Replayed(@case, roles, new Hypothesis(SkewCause.TimeZoneShift, 5, text) { Shift = shift }, delay, -later);
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
            shifts => Array.ConvertAll(shifts, shift => Replayed(@case, table.Parts, new Hypothesis(SkewCause.ClockShift, cost, ""), seesAhead ? 0 : shift, shift)),
            hypothesis => Score(@case, hypothesis), @case.Near);
        var offset = TimeSpan.FromTicks(shift * 10);
        return Copy(best, new Hypothesis(
            SkewCause.ClockShift, cost, $"the served values are right {DurationSearch.Text(offset.Duration())} {(shift < 0 ? "before" : "after")} the moment asked about: the server's clock") { Shift = offset });
    }

    private static Hypothesis Replayed(SkewCase @case, IEnumerable<SkewPart> parts, Hypothesis hypothesis, long delay, long shift)
    {
        foreach (var part in parts)
        {
            var replayed = part.Replay(@case.Rows, delay, shift);
            foreach (var feature in part.Features)
                hypothesis.Predict(feature, replayed[part.NumberOf(feature)]);
        }

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
