namespace MlOps.Serving;

/// <summary>A model version that is given copies of requests; its answers go to monitoring only and never slow the caller.</summary>
/// <param name="Version">The version.</param>
/// <param name="Share">The part of the requests that is mirrored, 0 to 1.</param>
public sealed record TrafficShadow(ModelVersionRef Version, double Share = 1)
{
    /// <summary>How far a score may lie from the one given and still agree, as a share of it, or absolutely where it is below 1.</summary>
    /// <value>Default: 0.01.</value>
    public double Tolerance { get; init; } = 0.01;
}
