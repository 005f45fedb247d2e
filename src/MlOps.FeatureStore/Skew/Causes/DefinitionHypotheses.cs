namespace MlOps.Features;

/// <summary>Faults of the definition: another window, another time to live. The stored columns are joined under views that were never declared.</summary>
internal static class DefinitionHypotheses
{
    private static readonly TimeSpan[] Lengths =
    [
        TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(15), TimeSpan.FromMinutes(30), TimeSpan.FromHours(1), TimeSpan.FromHours(2), TimeSpan.FromHours(3),
        TimeSpan.FromHours(4), TimeSpan.FromHours(6), TimeSpan.FromHours(8), TimeSpan.FromHours(12), TimeSpan.FromHours(24), TimeSpan.FromHours(48), TimeSpan.FromDays(3), TimeSpan.FromDays(5),
        TimeSpan.FromDays(7), TimeSpan.FromDays(10), TimeSpan.FromDays(14), TimeSpan.FromDays(21), TimeSpan.FromDays(28), TimeSpan.FromDays(30), TimeSpan.FromDays(60), TimeSpan.FromDays(90),
        TimeSpan.FromDays(180), TimeSpan.FromDays(365),
    ];

    public static IEnumerable<Hypothesis> Of(SkewCase @case, SkewTable table)
    {
        foreach (var feature in @case.Different)
        {
            if (table.PartOf(feature) is not { } part)
                continue;
            var shape = FeatureShape.Of(part.View, part.NumberOf(feature));
            if (shape.Aggregation is not null && shape.Window!.Length < TimeSpan.FromDays(3660))
            {
                foreach (var hypothesis in Windows(@case, part, feature, shape))
                    yield return hypothesis;
            }
            else if (shape.Last is not null && TimeToLive(@case, part, feature, shape.Last) is { } hypothesis)
            {
                yield return hypothesis;
            }
        }
    }

    private static IEnumerable<Hypothesis> Windows(SkewCase @case, SkewPart part, int feature, FeatureShape shape)
    {
        var hop = shape.Window!.Hop;
        // Under the usual hop of each length, and under that of the feature.
        FeatureWindow[][] sets =
        [
            [.. Lengths.Select(length => new FeatureWindow(length))],
            [.. Lengths.Where(length => length >= hop).Select(length => new FeatureWindow(length, hop))],
        ];
        AggregatedColumn[] probes = [.. sets.Select((windows, i) => shape.Aggregation! with { Name = $"probe{i}", Windows = windows })];
        var probe = SkewProbe.With(part.View, probes, []);
        var names = probe.FeatureNames.ToList();
        var replayed = part.Replay(@case.Rows, 0, probe: probe);
        for (var i = 0; i < sets.Length; i++)
        {
            foreach (var window in sets[i].Where(window => window != shape.Window))
            {
                var number = names.IndexOf($"probe{i}_{shape.Function}_{window.Label}");
                if (number >= 0)
                    yield return new Hypothesis(
                        SkewCause.DefinitionDrift, 3 + i, $"the served values are those of a window of {window.Label} instead of {shape.Window.Label}") { Other = window.Label }
                        .Predict(feature, replayed[number]);
            }
        }
    }

    private static Hypothesis? TimeToLive(SkewCase @case, SkewPart part, int feature, LastValueColumn last)
    {
        var at = @case.DifferentAt(feature);
        // Another time to live hides values or shows more; it never changes one.
        if (at.Count(i => float.IsNaN(@case.Served[feature][i]) != float.IsNaN(@case.Expected[feature][i])) < at.Length * 0.75)
            return null;
        // One that hides everything cannot be told from a feature that is not there.
        if (@case.Served[feature].All(float.IsNaN))
            return null;
        var found = DurationSearch.Find(
            DurationSearch.Grid(TimeSpan.FromSeconds(30), TimeSpan.FromDays(400), 1.3),
            candidates =>
            {
                var probe = SkewProbe.With(part.View, [], candidates.Select((ttl, i) => last with { Name = $"probe{i}", TimeToLive = TimeSpan.FromTicks(ttl * 10) }));
                var replayed = part.Replay(@case.Rows, 0, probe: probe);
                return [.. candidates.Select((_, i) => new Hypothesis(SkewCause.TimeToLive, 3, "").Predict(feature, replayed[part.View.FeatureNames.Count + i]))];
            },
            hypothesis => @case.Explained(hypothesis, feature) + @case.Confirmed(hypothesis, feature));
        var forever = SkewProbe.With(part.View, [], [last with { Name = "probe", TimeToLive = null }]);
        var unlimited = new Hypothesis(SkewCause.TimeToLive, 3, $"served without a time to live instead of {Text(last.TimeToLive)}")
            .Predict(feature, part.Replay(@case.Rows, 0, probe: forever)[^1]);
        if (last.TimeToLive is not null && @case.Explained(unlimited, feature) >= @case.Explained(found.Best, feature))
            return unlimited;
        var ttl = TimeSpan.FromTicks(found.Duration * 10);
        return new Hypothesis(SkewCause.TimeToLive, 3, $"served under a time to live of about {Text(ttl)} instead of {Text(last.TimeToLive)}") { Shift = ttl }
            .Predict(feature, found.Best.PredictionOf(feature)!);
    }

    private static string Text(TimeSpan? ttl) => ttl is { } duration ? DurationSearch.Text(duration) : "none";
}
