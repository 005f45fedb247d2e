namespace MlOps.Features;

/// <summary>What changed between two versions of a view, as far as the caller may see it.</summary>
/// <param name="View">The view.</param>
/// <param name="From">The earlier version asked for.</param>
/// <param name="To">The later version asked for.</param>
/// <param name="Added">Features that only the later one has.</param>
/// <param name="Removed">Features that only the earlier one has.</param>
/// <param name="Gone">Lines of the definition that only the earlier one has; empty unless the caller may see every feature of both.</param>
/// <param name="New">Lines of the definition that only the later one has; empty unless the caller may see every feature of both.</param>
/// <param name="Notes">What is said of both otherwise: descriptions, tags, owner and so on.</param>
public sealed record CatalogueComparison(
    string View, int From, int To, IReadOnlyList<string> Added, IReadOnlyList<string> Removed, IReadOnlyList<string> Gone, IReadOnlyList<string> New, IReadOnlyList<CatalogueDifference> Notes);
