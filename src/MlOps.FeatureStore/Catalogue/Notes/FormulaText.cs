using System.Globalization;

namespace MlOps.Features;

/// <summary>How a feature is computed, in a few words, and what type it has.</summary>
internal static class FormulaText
{
    public static DataType TypeOf(FeatureView view, string feature)
    {
        for (var f = 0; f < view.Plan.FeatureNames.Count; f++)
        {
            if (view.Plan.FeatureNames[f] == feature)
                return view.Plan.Features[f].Type;
        }

        throw new ArgumentOutOfRangeException(nameof(feature), feature, "The view has no such feature.");
    }

    public static string Of(FeatureView view, string feature)
    {
        foreach (var aggregation in view.Aggregations)
        {
            foreach (var window in aggregation.Windows)
            {
                foreach (var function in aggregation.Functions)
                {
                    foreach (var label in function.Labels())
                    {
                        if (feature == $"{aggregation.Name}_{label}_{window.Label}")
                            return string.Create(CultureInfo.InvariantCulture, $"{label} of '{aggregation.Column}' over {window.Label}");
                    }
                }
            }
        }

        return view.LastValues.FirstOrDefault(last => last.Name == feature) is { } plain
            ? $"newest '{plain.Column}'{(plain.TimeToLive is { } ttl ? $", at most {ttl} old" : "")}"
            : "";
    }
}
