using Microsoft.Extensions.DependencyInjection;
using MlOps.Testing;

namespace MlOps.Orchestration.Tests;

/// <summary>A host over environments that outlive it: several hosts may share them, and one may die.</summary>
internal sealed class TestHost : IAsyncDisposable
{
    private readonly ServiceProvider _provider;

    public TestHost(IEnumerable<TestEnvironment> environments, Action<IMlOpsBuilder> configure, Func<IMetadataStore, IMetadataStore>? wrap = null, Action<OrchestrationOptions>? options = null)
    {
        var services = new ServiceCollection();
        var names = new List<string>();
        foreach (var environment in environments)
        {
            var context = environment.Context;
            if (wrap is not null)
            {
                context = new EnvironmentContext
                {
                    Name = context.Name,
                    Kind = context.Kind,
                    Directory = context.Directory,
                    Files = context.Files,
                    Metadata = wrap(context.Metadata),
                    Artifacts = context.Artifacts,
                    Events = context.Events,
                    Audit = context.Audit,
                    Caller = context.Caller,
                    Clock = context.Clock,
                };
            }

            names.Add(context.Name);
            services.AddKeyedSingleton(context.Name, context);
            services.AddMlOpsRegistry(context.Name);
            services.AddMlOpsOrchestration(context.Name);
        }

        services.AddSingleton<IMlOpsEnvironments>(provider => new Declared([.. names.Select(name =>
            new EnvironmentServices(provider, provider.GetRequiredKeyedService<EnvironmentContext>(name), null))]));
        services.Configure<OrchestrationOptions>(settings =>
        {
            settings.MaxParallelSteps = 4;
            settings.TrackRuns = false;
            options?.Invoke(settings);
        });
        configure(new Builder(services));
        _provider = services.BuildServiceProvider();
    }

    public IMlOpsEnvironment this[string name] => _provider.GetRequiredService<IMlOpsEnvironments>()[name];

    public IPipelines Pipelines => _provider.GetRequiredService<IMlOpsEnvironments>().Default.Pipelines;

    public IServiceProvider Services => _provider;

    public ValueTask DisposeAsync() => _provider.DisposeAsync();

    private sealed class Builder(IServiceCollection services) : IMlOpsBuilder
    {
        public IServiceCollection Services => services;

        public IMlOpsBuilder ForEachEnvironment(Action<IServiceCollection, string> register) => throw new NotSupportedException("The test host declares its environments itself.");
    }

    private sealed class Declared(IMlOpsEnvironment[] environments) : List<IMlOpsEnvironment>(environments), IMlOpsEnvironments
    {
        public IMlOpsEnvironment Default => this[0];

        public IMlOpsEnvironment this[string name] =>
            Find(environment => string.Equals(environment.Name, name, StringComparison.OrdinalIgnoreCase)) ?? throw new UnknownEnvironmentException($"'{name}' is not declared.");
    }
}
