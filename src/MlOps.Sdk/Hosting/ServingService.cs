using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MlOps.Serving;

namespace MlOps;

/// <summary>Loads and warms up what has traffic, before the first request asks for it.</summary>
internal sealed class ServingService(IMlOpsEnvironments environments, IOptions<MlOpsOptions> options, TimeProvider clock, ILoggerFactory loggers)
    : RoleService(MlOpsRoles.Serving, environments, options, clock, loggers)
{
    protected override async Task RunAsync(IMlOpsEnvironment environment, CancellationToken cancellationToken)
    {
        await environment.Endpoints.RefreshAsync(cancellationToken).ConfigureAwait(false);
        foreach (var endpoint in await environment.Endpoints.ListAsync(cancellationToken).ConfigureAwait(false))
        {
            if (endpoint.Policy is not null)
                await environment.Endpoints[endpoint.Name].WarmUpAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
