namespace MlOps.Benchmarks.Claims.Serving;

internal static class ServingClaims
{
    public static IEnumerable<IClaim> All => [];
}
