namespace MlOps.Benchmarks.Claims.Registry;

internal static class RegistryClaims
{
    public static IEnumerable<IClaim> All => [];
}
