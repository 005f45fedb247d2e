namespace MlOps.Registry;

/// <summary>A model as stored.</summary>
/// <param name="Name">Its name.</param>
/// <param name="LastVersion">The highest version number given.</param>
/// <param name="CreatedAt">When its first version was registered.</param>
/// <param name="Aliases">Where its aliases point.</param>
public sealed record ModelRecord(string Name, int LastVersion, Timestamp CreatedAt, IReadOnlyDictionary<string, int> Aliases);
