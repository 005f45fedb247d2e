namespace MlOps.Features;

/// <summary>A feature that something was made with.</summary>
/// <param name="View">The view.</param>
/// <param name="Version">The view's version.</param>
/// <param name="Feature">The feature's name within the view.</param>
/// <param name="Service">The service that brought it, <c>name@hash</c>.</param>
public sealed record FeatureReference(string View, int Version, string Feature, string Service);
