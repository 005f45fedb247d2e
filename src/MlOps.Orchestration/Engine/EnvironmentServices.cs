using Microsoft.Extensions.DependencyInjection;

namespace MlOps.Orchestration;

/// <summary>One environment as its pipelines see it: only what is registered under its name.</summary>
internal sealed class EnvironmentServices(IServiceProvider services, EnvironmentContext context) : IMlOpsEnvironment
{
    public string Name => context.Name;

    public EnvironmentKind Kind => context.Kind;

    public EnvironmentContext Context => context;

    public TService Get<TService>()
        where TService : notnull => services.GetRequiredKeyedService<TService>(context.Name);

    public override string ToString() => context.Name;
}
