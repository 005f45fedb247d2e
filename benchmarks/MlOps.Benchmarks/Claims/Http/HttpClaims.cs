namespace MlOps.Benchmarks.Claims.Http;

internal static class HttpClaims
{
    public static IEnumerable<IClaim> All => [];
}
