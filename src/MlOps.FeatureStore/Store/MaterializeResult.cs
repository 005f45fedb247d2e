namespace MlOps.Features;

/// <summary>What a materialisation did.</summary>
/// <param name="View">The view.</param>
/// <param name="Rows">Rows of the offline store that were applied.</param>
/// <param name="Entities">Entities online afterwards.</param>
/// <param name="UpTo">History known up to here is online.</param>
public readonly record struct MaterializeResult(string View, long Rows, int Entities, Timestamp UpTo);
