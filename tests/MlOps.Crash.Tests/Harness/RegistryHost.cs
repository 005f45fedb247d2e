using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using MlOps.Environments;
using MlOps.Registry;

namespace MlOps.Crash.Tests;

/// <summary>The whole model store of one environment, opened as an application opens it, with an engine of its own that keeps uploads.</summary>
internal sealed class RegistryHost : IMlOpsEnvironment, IAsyncDisposable
{
    private static readonly MetadataSchema Schema = new("crash",
        ["CREATE TABLE crash_upload (digest TEXT NOT NULL, size BIGINT NOT NULL, seed BIGINT PRIMARY KEY)"]);

    private readonly EnvironmentStores _stores;
    private readonly ServiceProvider _services;
    private readonly MetadataArea _uploads;

    private RegistryHost(EnvironmentStores stores, EnvironmentContext context, TimeSpan opening)
    {
        _stores = stores;
        Context = context;
        Opening = opening;
        _uploads = new MetadataArea(context.Metadata, Schema);
        var services = new ServiceCollection();
        services.AddKeyedSingleton(context.Name, context);
        services.AddKeyedSingleton<IArtifactRoots>(context.Name, new Roots(_uploads));
        services.AddMlOpsRegistry(context.Name);
        _services = services.BuildServiceProvider();
    }

    public string Name => Context.Name;

    public EnvironmentKind Kind => Context.Kind;

    public EnvironmentContext Context { get; }

    /// <summary>How long the stores took to open.</summary>
    public TimeSpan Opening { get; }

    public IModelRegistry Models => Get<IModelRegistry>();

    public IExperiments Experiments => Get<IExperiments>();

    public IArtifactCollector Collector => Get<IArtifactCollector>();

    /// <param name="directory">The environment's directory.</param>
    /// <param name="name">Its name.</param>
    /// <param name="clock">The clock; null for the system's.</param>
    /// <param name="files">The file layer; null for the disk.</param>
    /// <param name="bug">A bug to plant around the stores.</param>
    /// <param name="decorate">Changes what the engines receive; null for nothing.</param>
    public static RegistryHost Open(
        string directory, string name = "sandbox", TimeProvider? clock = null, IFileSystem? files = null, PlantedBug bug = PlantedBug.None,
        Func<EnvironmentContext, EnvironmentContext>? decorate = null)
    {
        files = PlantedBugs.In(files ?? new Files.PhysicalFileSystem(), bug);
        var started = Stopwatch.GetTimestamp();
        var stores = EnvironmentStores.OpenEmbedded(name, EnvironmentKind.Sandbox, directory, clock, files: files);
        var opening = Stopwatch.GetElapsedTime(started);
        var context = PlantedBugs.In(stores.Context, bug);
        return new RegistryHost(stores, decorate?.Invoke(context) ?? context, opening);
    }

    /// <summary>The same environment with some of its parts exchanged.</summary>
    public static EnvironmentContext With(EnvironmentContext context, IArtifactStore? artifacts = null, IMetadataStore? metadata = null) => new()
    {
        Name = context.Name,
        Kind = context.Kind,
        Directory = context.Directory,
        Files = context.Files,
        Metadata = metadata ?? context.Metadata,
        Artifacts = artifacts ?? context.Artifacts,
        Events = context.Events,
        Audit = context.Audit,
        Caller = context.Caller,
        Access = context.Access,
        Clock = context.Clock,
        LoggerFactory = context.LoggerFactory,
    };

    public TService Get<TService>()
        where TService : notnull =>
        _services.GetRequiredKeyedService<TService>(Name);

    /// <summary>Stores bytes and, after them, the row that refers to them.</summary>
    public async Task<ArtifactRef> UploadAsync(long seed, byte[] bytes)
    {
        var stored = await Context.Artifacts.PutBytesAsync(bytes, "application/octet-stream");
        await _uploads.WriteAsync((session, _) => session.ExecuteAsync(
            "INSERT INTO crash_upload (digest, size, seed) VALUES (@digest, @size, @seed)",
            ("digest", stored.Digest), ("size", stored.Size), ("seed", seed)));
        return stored;
    }

    public async Task<List<(long Seed, ArtifactRef Content)>> UploadsAsync() =>
        await _uploads.ReadAsync((session, _) => session.QueryAsync(
            "SELECT seed, digest, size FROM crash_upload ORDER BY seed",
            row => (row.GetInt64(0), new ArtifactRef(row.GetString(1), row.GetInt64(2), "application/octet-stream"))));

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        await _stores.DisposeAsync();
    }

    private sealed class Roots(MetadataArea uploads) : IArtifactRoots
    {
        public async ValueTask<bool> IsReachableAsync(ArtifactDigest digest, CancellationToken cancellationToken = default) =>
            await uploads.ReadAsync(
                (session, _) => session.ScalarAsync("SELECT 1 FROM crash_upload WHERE digest = @digest LIMIT 1", ("digest", digest.ToString())), cancellationToken) is not null;
    }
}
