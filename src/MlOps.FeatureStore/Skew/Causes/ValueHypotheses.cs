using System.Globalization;

namespace MlOps.Features;

/// <summary>Faults between the store and the model that need nothing but the two values: exchanged, scaled, rounded, filled.</summary>
internal static class ValueHypotheses
{
    private static readonly (string Name, Func<float, float> Round)[] Roundings =
    [
        ("16-bit floats", value => (float)(Half)value),
        ("bfloat16", value => BitConverter.Int32BitsToSingle((int)((uint)BitConverter.SingleToInt32Bits(value) & 0xFFFF_0000))),
        ("whole numbers (rounded)", MathF.Round),
        ("whole numbers (cut off)", MathF.Truncate),
        ("whole numbers (rounded down)", MathF.Floor),
        ("whole numbers (rounded up)", MathF.Ceiling),
        ("one decimal", value => (float)Math.Round(value, 1)),
        ("two decimals", value => (float)Math.Round(value, 2)),
        ("three decimals", value => (float)Math.Round(value, 3)),
    ];

    public static IEnumerable<Hypothesis> Of(SkewCase @case, SkewTable table)
    {
        foreach (var feature in @case.Different)
        {
            foreach (var hypothesis in Others(@case, table, feature).Concat(Factors(@case, table, feature)).Concat(Rounded(@case, feature)).Concat(Filled(@case, feature)))
                yield return hypothesis;
        }
    }

    private static IEnumerable<Hypothesis> Others(SkewCase @case, SkewTable table, int feature)
    {
        var names = table.Bound.FeatureNames;
        var at = @case.DifferentAt(feature);
        for (var other = 0; other < names.Count; other++)
        {
            // Most pairs are told apart by their first rows.
            if (other == feature || at.Take(8).Count(i => SkewTable.Same(@case.Expected[other][i], @case.Served[feature][i])) < Math.Min(4, at.Length))
                continue;
            var isMutual = @case.Different.Contains(other)
                && @case.DifferentAt(other).Count(i => SkewTable.Same(@case.Expected[feature][i], @case.Served[other][i])) >= @case.DifferentAt(other).Length * 0.75;
            var drifted = !isMutual && ShapeOf(table, feature) is { } shape && ShapeOf(table, other) is { } candidate && candidate.IsOtherWindowOf(shape);
            yield return new Hypothesis(
                drifted ? SkewCause.DefinitionDrift : SkewCause.SwappedFeatures, IsSameInAnotherRole(table, feature, other) ? 4 : drifted || isMutual ? 1 : 2,
                drifted ? $"the served values are those of another window, feature '{names[other]}'"
                    : isMutual ? $"the served values are those of '{names[other]}', and the other way round" : $"the served values are those of '{names[other]}'")
            { Other = names[other] }.Predict(feature, @case.Expected[other]);
        }
    }

    private static IEnumerable<Hypothesis> Factors(SkewCase @case, SkewTable table, int feature)
    {
        var ratios = @case.DifferentAt(feature).Select(i => (double)@case.Served[feature][i] / @case.Expected[feature][i])
            .Where(ratio => double.IsFinite(ratio) && ratio != 0).Order().ToArray();
        if (ratios.Length == 0)
            yield break;
        var factor = Nice(ratios[ratios.Length / 2]);
        if (factor == 1)
            yield break;
        var isRows = IsDoubling(@case, table, feature, factor);
        yield return new Hypothesis(
            isRows ? SkewCause.DuplicatedRows : SkewCause.UnitChange, 2,
            isRows ? string.Create(CultureInfo.InvariantCulture, $"every row counts {factor:R} times")
                : string.Create(CultureInfo.InvariantCulture, $"the served values are {factor:R} times those of history"))
        { Factor = factor, Tolerance = 2e-6 }.Predict(feature, Array.ConvertAll(@case.Expected[feature], value => (float)(value * factor)));
    }

    // Whole multiples of counts are rows; of sums, where the count beside it is doubled too or where only the means are right.
    private static bool IsDoubling(SkewCase @case, SkewTable table, int feature, double factor)
    {
        if (factor is not (>= 2 and <= 16) || factor != Math.Floor(factor) || ShapeOf(table, feature) is not { } shape)
            return false;
        if (shape.IsCount)
            return true;
        if (!shape.IsSum || table.PartOf(feature) is not { } part)
            return false;
        var beside = part.Features.Where(other => ShapeOf(table, other) is { } candidate && candidate.IsBeside(shape)).ToArray();
        if (beside.FirstOrDefault(other => ShapeOf(table, other)!.IsCount, -1) is var count and >= 0)
            return @case.Different.Contains(count);
        return factor <= 3 && beside.Any(other => ShapeOf(table, other)!.IsMean && !@case.Different.Contains(other));
    }

    private static IEnumerable<Hypothesis> Rounded(SkewCase @case, int feature)
    {
        foreach (var (name, round) in Roundings)
            yield return new Hypothesis(SkewCause.PrecisionLoss, 1, $"the served values are those of history kept as {name}").Predict(feature, Array.ConvertAll(@case.Expected[feature], value => round(value)));
        var at = @case.DifferentAt(feature);
        var most = at.Max(i => Math.Abs(@case.Served[feature][i] - (double)@case.Expected[feature][i]) / Math.Max(1e-30, Math.Abs((double)@case.Expected[feature][i])));
        if (most < 1e-4)
            yield return new Hypothesis(SkewCause.PrecisionLoss, 5, string.Create(CultureInfo.InvariantCulture, $"relative differences of at most {most:G2}")) { Tolerance = most * 1.01 }
                .Predict(feature, @case.Expected[feature]);
    }

    private static IEnumerable<Hypothesis> Filled(SkewCase @case, int feature)
    {
        var extra = @case.DifferentAt(feature).Where(i => float.IsNaN(@case.Expected[feature][i])).ToArray();
        if (extra.Length > 0)
        {
            var constant = extra.GroupBy(i => @case.Served[feature][i]).MaxBy(group => group.Count())!;
            yield return new Hypothesis(SkewCause.DefaultForMissing, 1, string.Create(CultureInfo.InvariantCulture, $"{constant.Key:R} is served where history has no value"))
                .Predict(feature, Array.ConvertAll(@case.Expected[feature], value => float.IsNaN(value) ? constant.Key : value));
        }

        if (@case.DifferentAt(feature).Any(i => float.IsNaN(@case.Served[feature][i])))
        {
            yield return new Hypothesis(SkewCause.MissingForValue, 15, "no value is served where history has one").Predict(
                feature, [.. @case.Expected[feature].Select((value, i) => @case.IsDifferent(feature, i) ? float.NaN : value)]);
            yield return new Hypothesis(SkewCause.MissingForValue, 2, "no value is served where history has 0").Predict(
                feature, Array.ConvertAll(@case.Expected[feature], value => value == 0 ? float.NaN : value));
        }
    }

    // One feature of one view by two keys of the request: if all such features are exchanged, the keys are.
    private static bool IsSameInAnotherRole(SkewTable table, int feature, int other) =>
        table.PartOf(feature) is { } part && table.PartOf(other) is { } role && part != role && part.View.Name == role.View.Name && part.NumberOf(feature) == role.NumberOf(other);

    internal static FeatureShape? ShapeOf(SkewTable table, int feature) =>
        table.PartOf(feature) is { } part ? FeatureShape.Of(part.View, part.NumberOf(feature)) : null;

    // Floats hold seven digits: a ratio so near to a short number, or to one over it, is that number.
    private static double Nice(double ratio)
    {
        foreach (var candidate in new[] { ratio, 1 / ratio })
        {
            var digits = candidate == 0 ? 0 : Math.Max(0, 3 - (int)Math.Floor(Math.Log10(Math.Abs(candidate))));
            var rounded = Math.Round(candidate, Math.Min(15, digits));
            if (rounded != 0 && Math.Abs(rounded - candidate) <= 1e-6 * Math.Abs(candidate))
                return candidate == ratio ? rounded : 1 / rounded;
        }

        return ratio;
    }
}
