using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace MlOps;

/// <summary>Runs one loop per environment while the process has a role; a loop that fails starts again after a pause that doubles up to a minute.</summary>
internal abstract class RoleService(MlOpsRoles role, IServiceProvider services) : BackgroundService
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);
    private readonly ILogger _logger = services.GetRequiredService<ILoggerFactory>().CreateLogger("MlOps");
    private readonly TimeProvider _clock = services.GetRequiredService<TimeProvider>();
    private Func<CancellationToken, Task> _run = _ => Task.CompletedTask;

    // Everything is resolved here: the loops themselves begin on other threads, when the container may be gone already.
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        if ((services.GetRequiredService<IOptions<MlOpsOptions>>().Value.Roles & role) != 0)
        {
            var loops = services.GetRequiredService<IMlOpsEnvironments>().Select(environment => (environment.Name, Loop: Prepare(environment))).ToArray();
            var work = services.GetRequiredService<BackgroundWork>();
            _run = stopping => Task.WhenAll(loops.Select(loop => work.RunAsync(token => KeepRunningAsync(loop.Name, loop.Loop, token), stopping)));
        }

        return base.StartAsync(cancellationToken);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => _run(stoppingToken);

    /// <summary>Makes what does the role's work for one environment until cancelled.</summary>
    protected abstract Func<CancellationToken, Task> Prepare(IMlOpsEnvironment environment);

    /// <summary>Runs a loop again and again until it ends by itself or is cancelled.</summary>
    protected async Task KeepRunningAsync(string environment, Func<CancellationToken, Task> loop, CancellationToken cancellationToken)
    {
        var pause = TimeSpan.FromSeconds(1);
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await loop(cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // a background loop must survive whatever one round throws; it is logged
            catch (Exception error)
#pragma warning restore CA1031
            {
                MlOpsLog.LoopFailed(_logger, role.ToString(), environment, pause, error);
            }

            try
            {
                await Task.Delay(pause, _clock, cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            pause = TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, LongestPause.Ticks));
        }
    }
}
