using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using MlOps.Environments;
using MlOps.Testing;

namespace MlOps.Registry.Tests;

/// <summary>A store with something of everything, as a host hands it out; it can say what it holds, to the last file.</summary>
internal sealed class HostileStore : IMlOpsEnvironment, IAsyncDisposable
{
    public const string Small = "{}";
    private readonly TemporaryDirectory _directory = new();
    private readonly FakeClock _clock = new();
    private EnvironmentStores _stores = null!;
    private ServiceProvider _services = null!;
    private IRun? _run;

    public string Name => "sandbox";

    public EnvironmentKind Kind => EnvironmentKind.Sandbox;

    public EnvironmentContext Context => _stores.Context;

    public string Root => _directory.Path;

    public string Database => _directory["metadata.db"];

    public IModelRegistry Models => Get<IModelRegistry>();

    public IExperiments Experiments => Get<IExperiments>();

    public IModelSignatures Signatures => Get<IModelSignatures>();

    public IModelBundles Bundles => Get<IModelBundles>();

    public IArtifactStore Artifacts => Context.Artifacts;

    public ModelVersion Version { get; private set; } = null!;

    /// <summary>A version whose blob is stored in chunks.</summary>
    public ModelVersion Chunked { get; private set; } = null!;

    /// <summary>The files that its chunks are found by and lie in.</summary>
    public IReadOnlyDictionary<string, string> ChunkFiles { get; private set; } = null!;

    public string Parent { get; private set; } = null!;

    public string Child { get; private set; } = null!;

    /// <summary>Would be registered as it is.</summary>
    public ModelVersionDraft Draft => new() { Model = "churn", Signature = Drafts.Signature, Artifacts = [Version.Find(ModelArtifactKind.Parameters, "parameters")!] };

    public static async Task<HostileStore> CreateAsync()
    {
        var store = new HostileStore();
        store.Open();
        var blob = new ModelArtifact(ModelArtifactKind.Parameters, "parameters", await Drafts.StoreAsync(store.Context, Small));
        store.Version = await store.Models.RegisterAsync(new ModelVersionDraft
        {
            Model = "churn",
            Signature = Drafts.Signature,
            Artifacts = [blob],
            Metrics = new Dictionary<string, double> { ["auc"] = 0.8 },
            Tags = new Dictionary<string, string> { ["owner"] = "ads" },
            Description = "# Churn",
        });
        var large = await store.Artifacts.PutBytesAsync(StoreFixture.Large(), "application/octet-stream");
        store.Chunked = await store.Models.RegisterAsync(store.Draft with { Artifacts = [blob with { Name = "weights", Content = large }] });
        store.ChunkFiles = new[] { "recipes", "packs" }.ToDictionary(folder => folder, folder => Directory.GetFiles(Path.Combine(store.Root, "artifacts", folder)).Single());
        await store.Models.SetAliasAsync(store.Version.Ref, "champion", "first");
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await store.Signatures.SignAsync(store.Version.Ref, ModelSigner.FromKey(key));
        var parent = await store.Experiments.StartRunAsync("training", new RunOptions { Name = "parent", SystemMetricsInterval = null });
        parent.LogParameter("l2", "0.1");
        for (var step = 0; step < 50; step++)
            parent.LogMetric("loss", 1.0 / (step + 1), step);
        parent.LogMetric("auc", double.NaN);
        var child = await parent.StartChildAsync(new RunOptions { Name = "child", SystemMetricsInterval = null });
        await child.DisposeAsync();
        await parent.DisposeAsync();
        (store.Parent, store.Child) = (parent.Id, child.Id);
        await store.Experiments.SetRunNoteAsync(parent.Id, "A note.");
        return store;
    }

    public TService Get<TService>()
        where TService : notnull => _services.GetRequiredKeyedService<TService>(Name);

    /// <summary>A run that goes on, for what a training loop may do wrong.</summary>
    public async Task<IRun> RunAsync()
    {
        _run ??= await Experiments.StartRunAsync("open", new RunOptions { Key = "open", SystemMetricsInterval = null });
        _run.LogMetric("known", 1);
        _run.LogParameter("known", "1");
        await _run.FlushAsync();
        return _run;
    }

    public void Open()
    {
        _stores = EnvironmentStores.OpenEmbedded(Name, Kind, Root, _clock);
        var services = new ServiceCollection();
        services.AddKeyedSingleton(Name, _stores.Context);
        services.AddMlOpsRegistry(Name);
        _services = services.BuildServiceProvider();
    }

    public async Task CloseAsync()
    {
        _run = null;
        await _services.DisposeAsync();
        await _stores.DisposeAsync();
    }

    public async Task ReopenAsync()
    {
        await CloseAsync();
        Open();
    }

    public string BlobPath(ArtifactRef blob) => Path.Combine(Root, "artifacts", "blobs", "sha256", blob.ParsedDigest.Hex[..2], blob.ParsedDigest.Hex[2..]);

    /// <summary>Writes to the database behind the store's back.</summary>
    public void Execute(string sql, params (string Name, object Value)[] values)
    {
        using var database = new SqliteConnection($"Data Source={Database};Pooling=False");
        database.Open();
        using var command = database.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in values)
            command.Parameters.AddWithValue(name, value);
        command.ExecuteNonQuery();
    }

    public byte[] Column(string sql)
    {
        using var database = new SqliteConnection($"Data Source={Database};Pooling=False");
        database.Open();
        using var command = database.CreateCommand();
        command.CommandText = sql;
        return (byte[])command.ExecuteScalar()!;
    }

    /// <summary>Everything that can be read, and every file with its size, but those of the database.</summary>
    public async Task<string[]> DescribeAsync()
    {
        var lines = new List<string>();
        foreach (var model in await Models.ListModelsAsync())
        {
            foreach (var version in await Models.ListAsync(model))
            {
                lines.Add(Json(version));
                foreach (var artifact in version.Artifacts)
                    (await Artifacts.GetBytesAsync(artifact.Content)).Length.Should().Be((int)artifact.Content.Size);
                lines.AddRange((await Signatures.ListAsync(version.Ref)).Select(signature => signature.Id));
            }

            lines.AddRange((await Models.GetAliasHistoryAsync(model)).Select(Json));
            lines.Add(Json(await Models.GetAliasesAsync(model)));
        }

        foreach (var experiment in await Experiments.ListExperimentsAsync(includeDeleted: true))
        {
            lines.Add(Json(experiment));
            foreach (var run in await Experiments.ListRunsAsync(experiment.Name, new RunListOptions { IncludeDeleted = true, Limit = 1000 }))
            {
                lines.Add(Json(run));
                foreach (var metric in run.Metrics.Keys)
                    lines.AddRange((await Experiments.GetMetricHistoryAsync(run.Id, metric)).Select(Json));
                lines.AddRange((await Experiments.GetRunNotesAsync(run.Id)).Select(Json));
            }
        }

        (await Context.Audit.VerifyAsync()).Should().BeNull();
        lines.AddRange((await Context.Audit.ReadAsync(limit: 100_000)).Select(record => record.Hash));
        lines.AddRange((await Context.Events.ReadAsync(limit: 100_000)).Select(Json));
        lines.AddRange(Directory.GetFileSystemEntries(Root, "*", SearchOption.AllDirectories)
            .Where(path => !Path.GetFileName(path).StartsWith("metadata.db", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(path => $"{Path.GetRelativePath(Root, path)} {(File.Exists(path) ? new FileInfo(path).Length : -1)} {new FileInfo(path).LinkTarget}"));
        return [.. lines];
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        _directory.Dispose();
    }

    private static string Json<T>(T value) => JsonSerializer.Serialize(value, Options);

    private static JsonSerializerOptions Options { get; } = new() { NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals };
}
