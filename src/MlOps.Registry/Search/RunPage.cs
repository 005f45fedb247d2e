namespace MlOps.Registry;

/// <summary>A page of runs.</summary>
/// <param name="Runs">The runs in order.</param>
/// <param name="NextCursor">Where the next page begins; null after the last one.</param>
public sealed record RunPage(IReadOnlyList<RunRecord> Runs, string? NextCursor);
