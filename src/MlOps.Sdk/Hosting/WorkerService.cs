using MlOps.Orchestration;

namespace MlOps;

/// <summary>Resumes runs and promotions, takes over those of dead hosts, and fires triggers.</summary>
internal sealed class WorkerService(IServiceProvider services) : RoleService(MlOpsRoles.Worker, services)
{
    protected override Func<CancellationToken, Task> Prepare(IMlOpsEnvironment environment) => environment.Get<IPipelineWorker>().RunAsync;
}
