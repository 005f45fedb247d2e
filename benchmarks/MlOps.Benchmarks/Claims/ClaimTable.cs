using MlOps.Benchmarks.Claims.Features;
using MlOps.Benchmarks.Claims.Http;
using MlOps.Benchmarks.Claims.Learning;
using MlOps.Benchmarks.Claims.Monitoring;
using MlOps.Benchmarks.Claims.Orchestration;
using MlOps.Benchmarks.Claims.Registry;
using MlOps.Benchmarks.Claims.Serving;

namespace MlOps.Benchmarks.Claims;

/// <summary>Every claim of the project.</summary>
public static class ClaimTable
{
    /// <summary>What a claim's name begins with.</summary>
    public static IReadOnlyList<string> Areas { get; } =
        ["registry", "features", "serving", "orchestration", "learning", "monitoring", "http"];

    public static IReadOnlyList<IClaim> All { get; } =
    [
        .. RegistryClaims.All,
        .. TrackingClaims.All,
        .. SearchClaims.All,
        .. AuditClaims.All,
        .. Registry.CrashClaims.All,
        .. ArtifactClaims.All,
        .. CollectionClaims.All,
        .. BundleClaims.All,
        .. FeaturesClaims.All,
        .. FrameClaims.All,
        .. CatalogueClaims.All,
        .. StreamClaims.All,
        .. Features.CrashClaims.All,
        .. TypedClaims.All,
        .. JoinClaims.All,
        .. WindowClaims.All,
        .. OfflineClaims.All,
        .. OnlineClaims.All,
        .. SkewClaims.All,
        .. ServingClaims.All,
        .. ResilienceClaims.All,
        .. TensorClaims.All,
        .. TuningClaims.All,
        .. MlPerfClaims.All,
        .. HostileClaims.All,
        .. LifecycleClaims.All,
        .. BatchingClaims.All,
        .. OrchestrationClaims.All,
        .. LearningClaims.All,
        .. MonitoringClaims.All,
        .. HttpClaims.All,
    ];

    /// <summary>The first mistake in the names of <paramref name="claims"/>, or null.</summary>
    public static string? FindMistake(IReadOnlyList<IClaim> claims)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var claim in claims)
        {
            int dot = claim.Name.IndexOf('.', StringComparison.Ordinal);
            if (dot < 1 || dot == claim.Name.Length - 1 || !Areas.Contains(claim.Name[..dot]))
                return $"'{claim.Name}' does not begin with an area and a dot. Areas: {string.Join(", ", Areas)}.";
            if (!seen.Add(claim.Name))
                return $"'{claim.Name}' stands twice in the table.";
        }

        return null;
    }
}
