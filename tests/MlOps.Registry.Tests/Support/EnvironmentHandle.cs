namespace MlOps.Registry.Tests;

/// <summary>An environment as a host would hand it out.</summary>
internal sealed class EnvironmentHandle(EnvironmentContext context) : IMlOpsEnvironment
{
    private readonly SqlModelRegistry _models = new(context);
    private readonly SqlExperiments _experiments = new(context);
    private readonly LineageExplorer _lineage = new(context, []);

    public string Name => Context.Name;

    public EnvironmentKind Kind => Context.Kind;

    public EnvironmentContext Context { get; } = context;

    public TService Get<TService>()
        where TService : notnull => _models is TService models ? models : _lineage is TService lineage ? lineage : (TService)(object)_experiments;
}
