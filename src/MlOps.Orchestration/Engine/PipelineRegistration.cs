namespace MlOps.Orchestration;

/// <summary>A pipeline that this host knows, and how an instance for one environment is made.</summary>
internal sealed record PipelineRegistration(Type Type, Func<IServiceProvider, IMlOpsEnvironment, IPipeline> Create);
