namespace MlOps.Features;

/// <summary>A feature of a service.</summary>
/// <param name="Name">Its name in the service.</param>
/// <param name="View">Its view.</param>
/// <param name="Version">The view's version.</param>
/// <param name="Feature">Its name in the view.</param>
/// <param name="Deprecation">Why it should no longer be used; null while it may be.</param>
public sealed record CatalogueServiceFeature(string Name, string View, int Version, string Feature, FeatureDeprecation? Deprecation);
