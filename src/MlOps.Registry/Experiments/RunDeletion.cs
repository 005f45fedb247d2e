namespace MlOps.Registry;

/// <summary>A deletion or its restoration.</summary>
/// <param name="RunId">The run.</param>
/// <param name="Children">How many runs below it went along.</param>
public sealed record RunDeletion(string RunId, int Children);
