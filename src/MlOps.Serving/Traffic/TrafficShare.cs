namespace MlOps.Serving;

/// <summary>A model version's part of an endpoint's traffic.</summary>
/// <param name="Version">The version.</param>
/// <param name="Weight">Its weight; shares are the weights over their sum.</param>
/// <param name="Variant">Its name in answers and metrics, for instance <c>stable</c> or <c>canary</c>.</param>
public sealed record TrafficShare(ModelVersionRef Version, double Weight, string Variant);
