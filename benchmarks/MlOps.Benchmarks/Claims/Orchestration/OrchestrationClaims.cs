namespace MlOps.Benchmarks.Claims.Orchestration;

internal static class OrchestrationClaims
{
    public static IEnumerable<IClaim> All => [];
}
