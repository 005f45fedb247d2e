using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace MlOps;

/// <summary>Runs one loop per environment while the process has a role; a loop that fails starts again after a pause that doubles up to a minute.</summary>
internal abstract class RoleService(MlOpsRoles role, IMlOpsEnvironments environments, IOptions<MlOpsOptions> options, TimeProvider clock, ILoggerFactory loggers)
    : BackgroundService
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);
    private readonly ILogger _logger = loggers.CreateLogger("MlOps");

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        (options.Value.Roles & role) == 0
            ? Task.CompletedTask
            : Task.WhenAll(environments.Select(environment => KeepRunningAsync(environment, stoppingToken)));

    /// <summary>Does the role's work for one environment until cancelled.</summary>
    protected abstract Task RunAsync(IMlOpsEnvironment environment, CancellationToken cancellationToken);

    private async Task KeepRunningAsync(IMlOpsEnvironment environment, CancellationToken cancellationToken)
    {
        var pause = TimeSpan.FromSeconds(1);
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await RunAsync(environment, cancellationToken).ConfigureAwait(false);
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
                MlOpsLog.LoopFailed(_logger, role.ToString(), environment.Name, pause, error);
            }

            try
            {
                await Task.Delay(pause, clock, cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            pause = TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, LongestPause.Ticks));
        }
    }
}
