namespace MlOps.Benchmarks.Claims.Learning;

internal static class LearningClaims
{
    public static IEnumerable<IClaim> All => [];
}
