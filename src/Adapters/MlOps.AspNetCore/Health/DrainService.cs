using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace MlOps.AspNetCore;

/// <summary>Keeps a stopping host answering for the drain time, while its readiness says that it goes.</summary>
internal sealed class DrainService(Draining draining, IOptions<MlOpsHttpOptions> options, TimeProvider? clock = null) : IHostedLifecycleService
{
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        draining.Begin();
        if (options.Value.DrainTime > TimeSpan.Zero)
            await Task.Delay(options.Value.DrainTime, clock ?? TimeProvider.System, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
