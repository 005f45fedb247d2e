using Microsoft.Extensions.DependencyInjection;

namespace MlOps;

internal sealed class MlOpsEnvironment(IServiceProvider services, string name, EnvironmentKind kind) : IMlOpsEnvironment
{
    private EnvironmentContext? _guarded;

    public string Name => name;

    public EnvironmentKind Kind => kind;

    // Users reach an environment by its handle and see it guarded; engines are given the context itself.
    public EnvironmentContext Context => _guarded ??= services.GetRequiredKeyedService<EnvironmentContext>(name).Guarded();

    public TService Get<TService>()
        where TService : notnull => typeof(TService) == typeof(EnvironmentContext) ? (TService)(object)Context : services.GetRequiredKeyedService<TService>(name);

    public override string ToString() => name;
}
