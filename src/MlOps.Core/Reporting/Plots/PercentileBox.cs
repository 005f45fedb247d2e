namespace MlOps.Reporting;

/// <summary>Percentiles of one set of measurements.</summary>
/// <param name="Label">Its name.</param>
/// <param name="P5">Where the line begins.</param>
/// <param name="P25">Where the box begins.</param>
/// <param name="P50">The median.</param>
/// <param name="P75">Where the box ends.</param>
/// <param name="P95">Where the line ends.</param>
/// <param name="P99">The dot.</param>
public sealed record PercentileBox(string Label, double P5, double P25, double P50, double P75, double P95, double P99)
{
    /// <summary>The percentiles of measurements, by linear interpolation between order statistics (type 7 of Hyndman and Fan, 1996).</summary>
    /// <param name="label">Its name.</param>
    /// <param name="values">The measurements, in any order; NaN is left out.</param>
    /// <returns>The box; NaN throughout when there is no measurement.</returns>
    public static PercentileBox From(string label, ReadOnlySpan<double> values)
    {
        var sorted = Array.FindAll(values.ToArray(), value => !double.IsNaN(value));
        Array.Sort(sorted);
        return new PercentileBox(label, At(0.05), At(0.25), At(0.5), At(0.75), At(0.95), At(0.99));

        double At(double share)
        {
            if (sorted.Length == 0)
                return double.NaN;
            var place = share * (sorted.Length - 1);
            var low = (int)place;
            var high = Math.Min(low + 1, sorted.Length - 1);
            return sorted[low] + ((place - low) * (sorted[high] - sorted[low]));
        }
    }
}
