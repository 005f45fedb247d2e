namespace MlOps.Serving;

/// <summary>How the answers of a shadow compare with those given, in this process since the shadow began.</summary>
/// <param name="Version">The shadow.</param>
/// <param name="Compared">Rows that both answered.</param>
/// <param name="Failures">Rows that the shadow failed on.</param>
/// <param name="Dropped">Rows dropped because the shadow lagged.</param>
/// <param name="Agreement">The share of compared rows whose scores all lie within <see cref="TrafficShadow.Tolerance"/>; NaN without any.</param>
/// <param name="MeanDifference">The mean over rows of the largest absolute difference of a score; NaN without any.</param>
/// <param name="MaximumDifference">The largest absolute difference of any score.</param>
/// <param name="MeanLatency">The mean time of the answers given.</param>
/// <param name="ShadowMeanLatency">The mean time of the shadow, which answers one row at a time.</param>
public sealed record ShadowReport(
    ModelVersionRef Version, long Compared, long Failures, long Dropped, double Agreement, double MeanDifference, double MaximumDifference, TimeSpan MeanLatency, TimeSpan ShadowMeanLatency)
{
    /// <summary>The shadow's mean time less that of the answers given; negative where it is faster.</summary>
    public TimeSpan LatencyDifference => ShadowMeanLatency - MeanLatency;
}
