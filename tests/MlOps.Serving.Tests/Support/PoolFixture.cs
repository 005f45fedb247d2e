using Microsoft.Extensions.DependencyInjection;
using MlOps.Registry;

namespace MlOps.Serving.Tests;

/// <summary>Serving of models that take exactly as many bytes as their files have, and that fail or wait as the test says.</summary>
internal sealed class PoolFixture : IModelRuntimeProvider, IAsyncDisposable
{
    private const string MediaType = "application/x-fake";
    private readonly List<FakeRuntime> _runtimes = [];

    public PoolFixture(ModelMemoryOptions? memory = null) => Fixture = new ServingFixture((services, name) =>
    {
        services.AddKeyedSingleton<IModelRuntimeProvider>(name, this);
        services.Configure<ServingOptions>(name, options => options.Memory = (memory ?? new()) with { Measure = false });
    });

    public ServingFixture Fixture { get; }

    public IServedModels Models => Fixture.Services.GetRequiredKeyedService<IServedModels>("sandbox");

    public ModelPool Pool => Fixture.Services.GetRequiredKeyedService<EndpointSet>("sandbox").Pool;

    public IEndpoint Endpoint => Fixture.Endpoints["flight-delay"];

    /// <summary>Loads wait here.</summary>
    public TaskCompletionSource? LoadGate { get; set; }

    public Func<ModelVersionRef, Exception?>? FailLoad { get; set; }

    /// <summary>Runs of models that are loaded from now on wait here.</summary>
    public ManualResetEventSlim? RunGate { get; set; }

    public int Loads { get; private set; }

    public FakeRuntime[] Runtimes
    {
        get
        {
            lock (_runtimes)
                return [.. _runtimes];
        }
    }

    public static Dictionary<string, ModelValue> Row(params float[] values) => new() { ["input"] = TensorValue.Create(values, 1, values.Length) };

    public Task<ModelVersionRef> RegisterAsync(int bytes = 100, string name = "flight-delay") =>
        Fixture.RegisterAsync(new byte[bytes], [], name, mediaType: MediaType);

    public async Task<float> PredictAsync(ModelVersionRef version, params float[] row) =>
        (await Models.PredictAsync(version, Row(row)))["output"].AsSpan<float>()[0];

    public ServedModelStatus Status(ModelVersionRef version) => Models.List().Single(status => status.Version == version);

    public bool CanLoad(ModelVersion version) => version.Artifacts[0].Content.MediaType == MediaType;

    public async ValueTask<IModelRuntime> LoadAsync(ModelVersion version, CancellationToken cancellationToken = default)
    {
        lock (_runtimes)
            Loads++;
        if (LoadGate is { } gate)
            await gate.Task;
        if (FailLoad?.Invoke(version.Ref) is { } error)
            throw error;
        var runtime = new FakeRuntime { MemoryBytes = version.Artifacts[0].Content.Size };
        if (RunGate is { } closed)
            runtime.FailBatch = _ =>
            {
                closed.Wait();
                return false;
            };
        lock (_runtimes)
            _runtimes.Add(runtime);
        return runtime;
    }

    public ValueTask DisposeAsync() => Fixture.DisposeAsync();
}
