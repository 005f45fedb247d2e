namespace MlOps.Registry;

/// <summary>What a purge removed for good, or would remove.</summary>
/// <param name="Versions">The versions. Their numbers are never given again.</param>
/// <param name="Kept">Deleted versions that an engine still uses, in words; they stay until it lets them go.</param>
/// <param name="DryRun">Whether nothing was removed.</param>
public sealed record PurgeReport(IReadOnlyList<ModelVersionRef> Versions, IReadOnlyList<string> Kept, bool DryRun);
