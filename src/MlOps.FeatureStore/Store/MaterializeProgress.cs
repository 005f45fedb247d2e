namespace MlOps.Features;

/// <summary>How far a materialisation is.</summary>
/// <param name="View">The view.</param>
/// <param name="Entities">Entities looked at.</param>
/// <param name="Rows">Rows applied.</param>
/// <param name="Share">The share of the view's entities that were looked at, 0 to 1.</param>
public readonly record struct MaterializeProgress(string View, int Entities, long Rows, double Share);
