using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using MlOps;
using MlOps.AspNetCore;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds MlOps to the host's health checks.</summary>
public static class MlOpsHealthChecksBuilderExtensions
{
    /// <summary>Adds a check that is healthy while every endpoint with traffic is warm in this process and the host is not stopping.</summary>
    /// <param name="builder">The health checks.</param>
    /// <param name="environment">The environment to check; null checks all.</param>
    /// <param name="name">The check's name.</param>
    /// <param name="tags">Its tags, to tell readiness from liveness.</param>
    /// <returns>The health checks.</returns>
    public static IHealthChecksBuilder AddMlOps(this IHealthChecksBuilder builder, string? environment = null, string name = "mlops", params IEnumerable<string> tags)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.TryAddSingleton<Draining>();
        return builder.Add(new HealthCheckRegistration(
            name,
            provider => new MlOpsHealthCheck(provider.GetRequiredService<IMlOpsEnvironments>(), provider.GetRequiredService<Draining>(), environment),
            failureStatus: null,
            tags));
    }
}
