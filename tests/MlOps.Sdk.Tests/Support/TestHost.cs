using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace MlOps.Hosting;

/// <summary>A real host over one directory, with configuration in memory and every complaint of the log kept.</summary>
internal sealed class TestHost : IAsyncDisposable
{
    private TestHost(IHost host, LogCollector log) => (Host, Log) = (host, log);

    public IHost Host { get; }

    public LogCollector Log { get; }

    public IServiceProvider Services => Host.Services;

    public IMlOpsEnvironments Environments => Services.GetRequiredService<IMlOpsEnvironments>();

    public IMlOpsEnvironment this[string name] => Environments[name];

    /// <summary>Builds without starting. Keys of the settings count from the section MlOps.</summary>
    public static TestHost Build(string directory, IEnumerable<(string Key, string Value)>? settings = null, Action<IMlOpsBuilder>? configure = null, bool worker = false)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        var log = new LogCollector();
        builder.Logging.AddProvider(log);
        builder.Configuration.AddInMemoryCollection((settings ?? []).Select(setting => KeyValuePair.Create("MlOps:" + setting.Key, (string?)setting.Value)));
        var mlops = builder.Services.AddMlOps(builder.Configuration);
        builder.Services.Configure<MlOpsOptions>(options =>
        {
            options.Path = directory;
            if (!worker && builder.Configuration["MlOps:Roles"] is null)
                options.Roles = MlOpsRoles.None;
        });
        builder.Services.Configure<Orchestration.OrchestrationOptions>(options => options.PollInterval = TimeSpan.FromMilliseconds(10));
        configure?.Invoke(mlops);
        return new TestHost(builder.Build(), log);
    }

    public static async Task<TestHost> StartAsync(
        string directory, IEnumerable<(string Key, string Value)>? settings = null, Action<IMlOpsBuilder>? configure = null, bool worker = false)
    {
        var host = Build(directory, settings, configure, worker);
        try
        {
            await host.Host.StartAsync();
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts what must not start, and returns the mistakes.</summary>
    public static async Task<IReadOnlyList<string>> MistakesAsync(string directory, IEnumerable<(string Key, string Value)>? settings = null, Action<IMlOpsBuilder>? configure = null)
    {
        var start = async () => await StartAsync(directory, settings, configure);
        var error = (await start.Should().ThrowAsync<MlOpsConfigurationException>()).Which;
        error.Message.Should().ContainAll(error.Mistakes);
        return error.Mistakes;
    }

    public ValueTask DisposeAsync() => ((IAsyncDisposable)Host).DisposeAsync();
}
