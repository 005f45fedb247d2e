using Microsoft.Extensions.DependencyInjection;
using MlOps.Features;

namespace MlOps;

/// <summary>Runs the declared stream jobs; one that fails starts again without disturbing the others.</summary>
internal sealed class StreamService(IServiceProvider services) : RoleService(MlOpsRoles.Worker, services)
{
    private readonly IServiceProvider _services = services;

    protected override Func<CancellationToken, Task> Prepare(IMlOpsEnvironment environment)
    {
        var jobs = _services.GetServices<FeatureStreamDeclaration>().Select(declaration => declaration.Create(_services, environment.Name)).OfType<StreamJob>().ToArray();
        if (jobs.Length == 0)
            return _ => Task.CompletedTask;
        var streams = environment.Features.Streams;
        return stopping => Task.WhenAll(jobs.Select(job => KeepRunningAsync(environment.Name, token => streams.RunAsync(job, token), stopping)));
    }
}
