using Microsoft.Extensions.DependencyInjection;
using MlOps.Monitoring;
using MlOps.Orchestration;
using MlOps.Serving;

namespace MlOps;

/// <summary>
/// The loops and pipeline runs of this process. A container disposes in reverse order of making, so this is made after everything that
/// they use: a host that is disposed without being stopped first ends its loops, then cuts off its runs, then closes its stores.
/// </summary>
internal sealed class BackgroundWork(IReadOnlyList<IPipelines> engines) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _loops = [];
    private readonly Lock _gate = new();

    public static BackgroundWork Create(IServiceProvider services)
    {
        var engines = new List<IPipelines>();
        foreach (var environment in services.GetRequiredService<IMlOpsEnvironments>())
        {
            _ = environment.Get<IEndpoints>();
            _ = environment.Get<IMonitors>();
            _ = environment.Get<IPipelineWorker>();
            _ = environment.Features;
            engines.Add(environment.Pipelines);
        }

        return new BackgroundWork(engines);
    }

    /// <summary>Runs a loop until the host stops or is disposed.</summary>
    public async Task RunAsync(Func<CancellationToken, Task> loop, CancellationToken stopping)
    {
        Task running;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, _stop.Token);
        lock (_gate)
        {
            if (_stop.IsCancellationRequested)
                return;
            _loops.Add(running = loop(either.Token));
        }

        await running.ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        Task[] loops;
        lock (_gate)
        {
            _stop.Cancel();
            loops = [.. _loops];
        }

        await Task.WhenAll(loops).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var engine in engines.OfType<IAsyncDisposable>())
            await engine.DisposeAsync().ConfigureAwait(false);
    }
}
