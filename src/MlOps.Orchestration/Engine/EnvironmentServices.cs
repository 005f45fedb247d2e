using Microsoft.Extensions.DependencyInjection;

namespace MlOps.Orchestration;

/// <summary>One environment as its pipelines see it: only what is registered under its name.</summary>
/// <summary>The environment as pipelines see it. A container that is gone means that the host closes: the step is cut off, not failed.</summary>
internal sealed class EnvironmentServices(IServiceProvider services, EnvironmentContext context, CancellationTokenSource? stop) : IMlOpsEnvironment
{
    public string Name => context.Name;

    public EnvironmentKind Kind => context.Kind;

    public EnvironmentContext Context => context;

    public TService Get<TService>()
        where TService : notnull
    {
        try
        {
            return services.GetRequiredKeyedService<TService>(context.Name);
        }
        catch (ObjectDisposedException) when (stop is not null)
        {
            stop.Cancel();
            throw new OperationCanceledException("The host is being closed; the run goes on when a host starts again.", stop.Token);
        }
    }

    public override string ToString() => context.Name;
}
