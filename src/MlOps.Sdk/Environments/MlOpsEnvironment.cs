using Microsoft.Extensions.DependencyInjection;

namespace MlOps;

internal sealed class MlOpsEnvironment(IServiceProvider services, string name, EnvironmentKind kind) : IMlOpsEnvironment
{
    public string Name => name;

    public EnvironmentKind Kind => kind;

    public EnvironmentContext Context => Get<EnvironmentContext>();

    public TService Get<TService>()
        where TService : notnull => services.GetRequiredKeyedService<TService>(name);

    public override string ToString() => name;
}
