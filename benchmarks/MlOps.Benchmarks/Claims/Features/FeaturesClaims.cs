namespace MlOps.Benchmarks.Claims.Features;

internal static class FeaturesClaims
{
    public static IEnumerable<IClaim> All => [];
}
