using System.Globalization;
using MlOps.Crash.Tests;

namespace MlOps.Benchmarks.Claims.Features;

/// <summary>The feature store's harness of MlOps.Crash.Tests at full size.</summary>
internal static class CrashClaims
{
    public static IEnumerable<IClaim> All =>
    [
        new Claim(
            "features.crash",
            "promises broken by 300 SIGKILLs during streams, ingestion, merging, materialisation and views over views: nothing acknowledged lost, nothing counted twice, online equals offline equals brute force",
            "0",
            KillAsync),
    ];

    private static async Task<ClaimResult> KillAsync(ClaimContext context, CancellationToken stop)
    {
        const int wanted = 300;
        var (kills, acknowledged, broken) = await FeatureKills.RunAsync(context.Folder, wanted, context.Seed, progress: context.Report);
        foreach (string promise in broken.Take(10))
            context.Report(promise);
        return ClaimResult.AtMost(
            broken.Count, 0, string.Create(CultureInfo.InvariantCulture, $"{broken.Count} of {acknowledged:N0}"),
            new ClaimDetail(
                "What was killed", ["SIGKILLs", "changes acknowledged", "promises broken"],
                [[$"{kills}", acknowledged.ToString("N0", CultureInfo.InvariantCulture), $"{broken.Count}"]]));
    }
}
