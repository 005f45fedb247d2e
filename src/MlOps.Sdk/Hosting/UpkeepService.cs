using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MlOps.Registry;

namespace MlOps;

/// <summary>Collects unreferenced blobs of the environments that ask for it. Several processes may; collections are safe beside each other.</summary>
internal sealed class UpkeepService(IServiceProvider services) : RoleService(MlOpsRoles.Worker, services)
{
    // Not a whole period, or a host that starts anew each day would never collect; not at once, when everything else begins.
    private static readonly TimeSpan FirstAfter = TimeSpan.FromMinutes(5);
    private readonly IServiceProvider _services = services;
    private readonly ILogger _logger = services.GetRequiredService<ILoggerFactory>().CreateLogger("MlOps");

    protected override Func<CancellationToken, Task> Prepare(IMlOpsEnvironment environment)
    {
        var options = _services.GetRequiredService<IOptions<MlOpsOptions>>().Value;
        var artifacts = _services.GetRequiredService<DeclaredEnvironments>().Resolve(options, environment.Name).Artifacts;
        if (artifacts.CollectEvery is not { } every)
            return _ => Task.CompletedTask;
        var collector = environment.Get<IArtifactCollector>();
        var clock = _services.GetRequiredService<TimeProvider>();
        return cancellationToken => CollectAsync(environment.Name, collector, every, artifacts.CollectOlderThan, clock, cancellationToken);
    }

    private async Task CollectAsync(string environment, IArtifactCollector collector, TimeSpan every, TimeSpan age, TimeProvider clock, CancellationToken cancellationToken)
    {
        for (var pause = every < FirstAfter ? every : FirstAfter; ; pause = every)
        {
            await Task.Delay(pause, clock, cancellationToken).ConfigureAwait(false);
            var report = await collector.CollectAsync(new CollectionOptions { MinimumAge = age }, cancellationToken).ConfigureAwait(false);
            if (report.Blobs > 0)
                MlOpsLog.Collected(_logger, report.Blobs, report.Bytes, environment);
        }
    }
}
