namespace MlOps.Features;

/// <summary>A view within a service.</summary>
/// <param name="View">The view's name.</param>
/// <param name="Alias">What its features begin with; differs from the view's name when one view is used for two roles.</param>
/// <param name="Keys">The view's key names and the spine or request column of each; a key not named here uses a column of its own name.</param>
/// <param name="Features">Which features, in order; all when null.</param>
public sealed record FeatureServiceView(string View, string Alias, IReadOnlyDictionary<string, string> Keys, IReadOnlyList<string>? Features);
