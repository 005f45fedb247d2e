using Microsoft.Extensions.DependencyInjection;
using MlOps.Environments;
using MlOps.Features;

namespace MlOps.Crash.Tests;

/// <summary>A feature store and a stream, opened as an application opens them.</summary>
internal sealed class FeatureHost : IAsyncDisposable
{
    private readonly EnvironmentStores _stores;
    private readonly ServiceProvider _services;

    private FeatureHost(EnvironmentStores stores, EnvironmentContext context, FeatureChannel channel)
    {
        _stores = stores;
        Channel = channel;
        var services = new ServiceCollection();
        services.AddKeyedSingleton(context.Name, context);
        foreach (var view in FeatureRows.Views)
            services.AddSingleton(view);
        foreach (var service in FeatureRows.Services)
            services.AddSingleton(service);
        // Small, so that segments are merged and logs are cut all the time.
        services.Configure<FeatureStoreOptions>(options => (options.MaxSegments, options.SnapshotLogBytes, options.OrphanAge) = (4, 20_000, TimeSpan.FromSeconds(20)));
        services.AddMlOpsFeatureStore(context.Name);
        _services = services.BuildServiceProvider();
        Store = _services.GetRequiredKeyedService<IFeatureStore>(context.Name);
    }

    public IFeatureStore Store { get; }

    public FeatureChannel Channel { get; }

    public StreamJob Job => new()
    {
        Name = "clicks", View = "clicks", Source = Channel, PushRows = 40, LandRows = 150, LandEvery = TimeSpan.FromMilliseconds(50),
    };

    public static FeatureHost Open(string directory, PlantedBug bug = PlantedBug.None)
    {
        var stores = EnvironmentStores.OpenEmbedded("sandbox", EnvironmentKind.Sandbox, directory);
        var channel = FeatureChannel.Open("clicks", new FeatureChannelOptions
        {
            Partitions = FeatureRows.Partitions, LogFolder = Path.Combine(directory, "stream"), SegmentBytes = 20_000, RetainBytes = 60_000,
        });
        return new FeatureHost(stores, PlantedBugs.In(stores.Context, bug), channel);
    }

    public async ValueTask DisposeAsync()
    {
        Channel.Dispose();
        await _services.DisposeAsync();
        await _stores.DisposeAsync();
    }
}
