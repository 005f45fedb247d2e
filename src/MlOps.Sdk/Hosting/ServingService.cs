using MlOps.Serving;

namespace MlOps;

/// <summary>Loads and warms up what has traffic, before the first request asks for it.</summary>
internal sealed class ServingService(IServiceProvider services) : RoleService(MlOpsRoles.Serving, services)
{
    protected override Func<CancellationToken, Task> Prepare(IMlOpsEnvironment environment)
    {
        var endpoints = environment.Endpoints;
        return cancellationToken => WarmUpAsync(endpoints, cancellationToken);
    }

    private static async Task WarmUpAsync(IEndpoints endpoints, CancellationToken cancellationToken)
    {
        await endpoints.RefreshAsync(cancellationToken).ConfigureAwait(false);
        foreach (var endpoint in await endpoints.ListAsync(cancellationToken).ConfigureAwait(false))
        {
            if (endpoint.Policy is not null)
                await endpoints[endpoint.Name].WarmUpAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
