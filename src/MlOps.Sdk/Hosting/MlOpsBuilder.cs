using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace MlOps;

/// <summary>The one builder of a service collection; it lives in the collection, so that registration is idempotent.</summary>
internal sealed class MlOpsBuilder : IMlOpsBuilder
{
    private MlOpsBuilder(IServiceCollection services) => Services = services;

    public IServiceCollection Services { get; }

    public DeclaredEnvironments Declared { get; } = new();

    public static MlOpsBuilder GetOrAdd(IServiceCollection services)
    {
        var existing = services.FirstOrDefault(descriptor => descriptor.ServiceType == typeof(MlOpsBuilder) && !descriptor.IsKeyedService);
        if (existing?.ImplementationInstance is MlOpsBuilder builder)
            return builder;
        builder = new MlOpsBuilder(services);
        services.AddSingleton(builder);
        builder.AddShared();
        builder.ForEachEnvironment(EnvironmentServices.Add);
        return builder;
    }

    public IMlOpsBuilder ForEachEnvironment(Action<IServiceCollection, string> register)
    {
        ArgumentNullException.ThrowIfNull(register);
        Declared.ForEach(name => register(Services, name));
        return this;
    }

    private void AddShared()
    {
        // Not ValidateOnStart: it would list the options alone, and would throw into whoever reloads the configuration.
        Services.AddOptions<MlOpsOptions>();
        Services.AddSingleton(Declared);
        Services.AddSingleton<IValidateOptions<MlOpsOptions>, MlOpsOptionsValidator>();
        // After the binding of the configuration, so that code wins; before validation.
        Services.AddSingleton<IPostConfigureOptions<MlOpsOptions>>(new DeclaredOptions(this));
        Services.TryAddSingleton(TimeProvider.System);
        Services.TryAddSingleton<ICallerAccessor, CallerAccessor>();
        Services.TryAddSingleton<ILoggerFactory>(NullLoggerFactory.Instance);
        Services.TryAddSingleton<IMlOpsEnvironments, MlOpsEnvironments>();
        Services.TryAddSingleton(services => services.GetRequiredService<IMlOpsEnvironments>().Default);
        EnvironmentServices.AddUnkeyed(Services);
        Services.AddSingleton<IStartupCheck, DefinitionCheck>();
        Services.AddSingleton<TrafficStartup>();
        Services.AddSingleton<IStartupCheck>(services => services.GetRequiredService<TrafficStartup>());
        Services.AddSingleton(BackgroundWork.Create);
        Services.AddSingleton<IHostedService, MlOpsStartup>();
        Services.AddSingleton<IHostedService, ServingService>();
        Services.AddSingleton<IHostedService, WorkerService>();
        Services.AddSingleton<IHostedService, StreamService>();
        Services.AddSingleton<IHostedService, UpkeepService>();
        Services.AddSingleton<IHostedService, SkewAuditService>();
    }

    private sealed class DeclaredOptions(MlOpsBuilder builder) : IPostConfigureOptions<MlOpsOptions>
    {
        public void PostConfigure(string? name, MlOpsOptions options) => builder.Declared.Apply(options);
    }
}
