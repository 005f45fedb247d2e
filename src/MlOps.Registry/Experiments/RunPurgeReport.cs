namespace MlOps.Registry;

/// <summary>What a purge removed, or would remove.</summary>
/// <param name="Removed">The runs, by identity.</param>
/// <param name="Kept">Runs that were long deleted and stay, with the reason.</param>
/// <param name="Artifacts">How many artifact references went; their bytes are collectable unless something else refers to them.</param>
/// <param name="DryRun">Whether nothing was removed.</param>
public sealed record RunPurgeReport(IReadOnlyList<string> Removed, IReadOnlyDictionary<string, string> Kept, long Artifacts, bool DryRun);
