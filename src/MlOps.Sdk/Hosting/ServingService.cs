using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using MlOps.Serving;

namespace MlOps;

/// <summary>Loads and warms up what has traffic, before the first request asks for it; what cannot be loaded is tried again.</summary>
internal sealed class ServingService(IServiceProvider services) : RoleService(MlOpsRoles.Serving, services)
{
    private readonly IServiceProvider _services = services;

    protected override Func<CancellationToken, Task> Prepare(IMlOpsEnvironment environment)
    {
        var options = _services.GetRequiredService<IOptionsMonitor<ServingOptions>>().Get(environment.Name);
        if (!options.WarmUpAtStart)
            return _ => Task.CompletedTask;
        var endpoints = environment.Endpoints;
        return cancellationToken => WarmUpAsync(endpoints, cancellationToken);
    }

    private static async Task WarmUpAsync(IEndpoints endpoints, CancellationToken cancellationToken)
    {
        var readiness = await endpoints.WarmUpAsync(cancellationToken).ConfigureAwait(false);
        if (!readiness.IsReady)
            throw new InvalidDefinitionException($"Not every endpoint is ready: {readiness.Reason}");
    }
}
