using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace MlOps.AspNetCore;

/// <summary>Healthy when everything that has traffic is warm in this process.</summary>
internal sealed class MlOpsHealthCheck(IMlOpsEnvironments environments, Draining draining, string? environment) : IHealthCheck
{
    private readonly (string Name, Readiness Readiness)[] _environments =
        [.. (environment is null ? environments.AsEnumerable() : [environments[environment]]).Select(one => (one.Name, new Readiness(new ServedEnvironment(one), draining)))];

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var waiting = new List<string>();
        foreach (var (name, readiness) in _environments)
        {
            if (await readiness.NotWarmAsync(cancellationToken).ConfigureAwait(false) is not { } notWarm)
                return new HealthCheckResult(context.Registration.FailureStatus, "The host is stopping.");
            waiting.AddRange(notWarm.Select(endpoint => $"{name}/{endpoint}"));
        }

        return waiting.Count == 0
            ? HealthCheckResult.Healthy("Every endpoint with traffic is warm.")
            : new HealthCheckResult(context.Registration.FailureStatus, $"Not warm yet: {string.Join(", ", waiting)}.");
    }
}
