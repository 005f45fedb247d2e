namespace MlOps.Benchmarks.Claims.Monitoring;

internal static class MonitoringClaims
{
    public static IEnumerable<IClaim> All => [];
}
