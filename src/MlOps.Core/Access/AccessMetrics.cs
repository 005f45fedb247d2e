using System.Diagnostics.Metrics;

namespace MlOps.Access;

/// <summary>Counts denials.</summary>
internal static class AccessMetrics
{
    private static readonly Meter Meter = new("MlOps.Core");
    private static readonly Counter<long> Denials = Meter.CreateCounter<long>("mlops.access.denied", "{denial}", "Operations refused because no role of the caller grants the permission");

    public static void Denied(string environment, EnvironmentPermission permission)
    {
        if (Denials.Enabled)
            Denials.Add(1, new KeyValuePair<string, object?>("mlops.environment", environment), new KeyValuePair<string, object?>("mlops.permission", permission.ToString()));
    }
}
