using System.Globalization;

namespace MlOps.Features;

/// <summary>How a feature is computed, in a few words, and what type it has.</summary>
internal static class FormulaText
{
    public static DataType TypeOf(FeatureView view, string feature) =>
        view.Plan.FeatureNames.Contains(feature, StringComparer.Ordinal) ? DataType.Float32 : throw new ArgumentOutOfRangeException(nameof(feature), feature, "The view has no such feature.");

    public static string Of(FeatureView view, string feature)
    {
        foreach (var aggregation in view.Aggregations)
        {
            foreach (var window in aggregation.Windows)
            {
                foreach (var function in aggregation.Functions)
                {
                    var verb = function.ToString().ToLowerInvariant();
                    if (feature == $"{aggregation.Name}_{verb}_{window.Label}")
                        return string.Create(CultureInfo.InvariantCulture, $"{verb} of '{aggregation.Column}' over {window.Label}");
                }
            }
        }

        return view.LastValues.FirstOrDefault(last => last.Name == feature) is { } plain
            ? $"newest '{plain.Column}'{(plain.TimeToLive is { } ttl ? $", at most {ttl} old" : "")}"
            : "";
    }
}
