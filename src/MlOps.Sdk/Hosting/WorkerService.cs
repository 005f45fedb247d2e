using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MlOps.Orchestration;

namespace MlOps;

/// <summary>Resumes runs and promotions, takes over those of dead hosts, and fires triggers.</summary>
internal sealed class WorkerService(IMlOpsEnvironments environments, IOptions<MlOpsOptions> options, TimeProvider clock, ILoggerFactory loggers)
    : RoleService(MlOpsRoles.Worker, environments, options, clock, loggers)
{
    protected override Task RunAsync(IMlOpsEnvironment environment, CancellationToken cancellationToken) =>
        environment.Get<IPipelineWorker>().RunAsync(cancellationToken);
}
