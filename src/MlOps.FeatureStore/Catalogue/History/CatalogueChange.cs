namespace MlOps.Features;

/// <summary>An entry of the catalogue's history.</summary>
/// <param name="At">When.</param>
/// <param name="By">Who: the process whose definitions said so.</param>
/// <param name="Version">The view's version, or the service's hash.</param>
/// <param name="Action"><c>recorded</c>, <c>changed</c>, <c>declared again</c>, or <c>read</c> for the first reading of a deprecated feature through a service.</param>
/// <param name="Changes">What, as far as the caller may see it.</param>
public sealed record CatalogueChange(Timestamp At, string By, string Version, string Action, IReadOnlyList<CatalogueDifference> Changes);
