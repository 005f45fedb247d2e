using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using MlOps.Registry;

namespace MlOps.Serving.Tests;

/// <summary>An environment with registry and serving; may be restarted, and joined by a second process over the same stores.</summary>
internal sealed class ServingFixture : IAsyncDisposable
{
    private readonly Action<IServiceCollection, string>? _more;
    private ServiceProvider _services;

    public ServingFixture(Action<IServiceCollection, string>? more = null)
    {
        _more = more;
        Environment = new TestEnvironment();
        _services = Build(Environment.Context);
    }

    public TestEnvironment Environment { get; }

    public RecordingSink Sink { get; } = new();

    public IModelRegistry Registry { get; } = MemoryRegistry.New();

    public ServiceProvider Services => _services;

    public IEndpoints Endpoints => _services.GetRequiredKeyedService<IEndpoints>("sandbox");

    public IModelDeployer Deployer => _services.GetRequiredKeyedService<IModelDeployer>("sandbox");

    public IBatchScoring Scoring => _services.GetRequiredKeyedService<IBatchScoring>("sandbox");

    /// <summary>The services as another process over the same stores would build them.</summary>
    public ServiceProvider Join() => Build(Environment.Context);

    public async Task RestartAsync()
    {
        await _services.DisposeAsync();
        _services = Build(await Environment.ReopenAsync());
    }

    /// <summary>Ends serving; the stores stay open.</summary>
    public ValueTask StopAsync() => _services.DisposeAsync();

    public async Task<ModelVersionRef> RegisterAsync(
        byte[] model, string[] features, string name = "flight-delay", object? example = null, string mediaType = ModelArtifactNames.OnnxMediaType)
    {
        var artifacts = new List<ModelArtifact>
        {
            new(ModelArtifactKind.Functions, ModelArtifactNames.Predict, await Environment.Context.Artifacts.PutBytesAsync(model, mediaType)),
        };
        if (example is not null)
        {
            var json = example as string ?? JsonSerializer.Serialize(example);
            artifacts.Add(new(ModelArtifactKind.Data, ModelArtifactNames.InputExample, await Environment.Context.Artifacts.PutBytesAsync(Encoding.UTF8.GetBytes(json), "application/json")));
        }

        var draft = new ModelVersionDraft { Model = name, Artifacts = artifacts, Signature = new ModelSignature([], [], features) };
        return (await Registry.RegisterAsync(draft)).Ref;
    }

    /// <summary>A version whose answer is feature times scale.</summary>
    public Task<ModelVersionRef> RegisterScaleAsync(float scale) => RegisterAsync(OnnxModels.Scale(scale, 2), ["a", "b"]);

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        await Environment.DisposeAsync();
    }

    private ServiceProvider Build(EnvironmentContext context)
    {
        var services = new ServiceCollection();
        services.AddKeyedSingleton("sandbox", (_, _) => context);
        services.AddKeyedSingleton<IPredictionSink>("sandbox", Sink);
        services.AddKeyedSingleton<IModelRegistry>("sandbox", Registry);
        services.AddMlOpsServing("sandbox").AddMlOpsServing("Sandbox");
        _more?.Invoke(services, "sandbox");
        return services.BuildServiceProvider();
    }

    internal sealed class RecordingSink : IPredictionSink
    {
        private readonly List<(PredictionRecord Record, float[] Features, float[] Scores)> _records = [];

        public SemaphoreSlim Shadowed { get; } = new(0);

        public (PredictionRecord Record, float[] Features, float[] Scores)[] Records
        {
            get
            {
                lock (_records)
                    return [.. _records];
            }
        }

        public void Record(in PredictionRecord record)
        {
            lock (_records)
                _records.Add((record, record.Features.ToArray(), record.Scores.ToArray()));
            if (record.IsShadow)
                Shadowed.Release();
        }
    }
}
