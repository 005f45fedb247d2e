namespace MlOps.Serving;

/// <summary>What a variant answered at one revision of the traffic, in all processes together as far as they have reported.</summary>
/// <param name="Variant">The variant.</param>
/// <param name="Version">Its version.</param>
/// <param name="Answers">Requests answered.</param>
/// <param name="Failures">Requests that its version failed or answered too late.</param>
/// <param name="MeanLatency">The mean time of an answer.</param>
public sealed record VariantReport(string Variant, ModelVersionRef Version, long Answers, long Failures, TimeSpan MeanLatency)
{
    /// <summary>The share of failures; 0 without requests.</summary>
    public double FailureShare => Answers + Failures == 0 ? 0 : Failures / (double)(Answers + Failures);
}
