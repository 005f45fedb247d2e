using MlOps.Registry;

namespace MlOps.Serving;

/// <summary>The versions that were asked for by version, beside those that endpoints hold.</summary>
internal sealed class ServedModels(EnvironmentContext context, EndpointSet endpoints, ServingOptions options) : IServedModels, IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ModelVersionRef, Lazy<Task<Loaded>>> _models = [];

    public IReadOnlyList<ServedModelStatus> List()
    {
        context.Access.Require(EnvironmentPermission.Read, "the served models");
        Lazy<Task<Loaded>>[] models;
        lock (_gate)
            models = [.. _models.Values];
        return [.. models.Where(model => model.Value.IsCompletedSuccessfully).Select(model => model.Value.Result.Status)];
    }

    public async ValueTask<ServedModelStatus> LoadAsync(ModelVersionRef version, CancellationToken cancellationToken = default)
    {
        context.Access.Require(EnvironmentPermission.Operate, $"model version {version}");
        return (await GetAsync(version, cancellationToken).ConfigureAwait(false)).Status;
    }

    public async ValueTask<bool> UnloadAsync(ModelVersionRef version, CancellationToken cancellationToken = default)
    {
        context.Access.Require(EnvironmentPermission.Operate, $"model version {version}");
        Lazy<Task<Loaded>>? model;
        lock (_gate)
            _models.Remove(version, out model);
        if (model is null)
            return false;
        var loaded = await model.Value.WaitAsync(cancellationToken).ConfigureAwait(false);
        loaded.Served.Retire();
        await loaded.Served.Drained.WaitAsync(cancellationToken).ConfigureAwait(false);
        return true;
    }

    public async ValueTask<ServedModelStatus> DescribeAsync(ModelVersionRef version, CancellationToken cancellationToken = default)
    {
        context.Access.Require(EnvironmentPermission.Read, $"model version {version}");
        return (await GetAsync(version, cancellationToken).ConfigureAwait(false)).Status;
    }

    public async ValueTask<TensorPrediction> PredictAsync(
        ModelVersionRef version, IReadOnlyDictionary<string, ModelValue> inputs, IReadOnlyCollection<string>? outputs = null, PredictionContext request = default,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        var timeout = request.Timeout ?? options.RequestTimeout;
        var deadline = timeout is { } wait ? context.Clock.GetTimestamp() + Math.Max(0, (long)(wait.TotalSeconds * context.Clock.TimestampFrequency)) : 0;
        while (true)
        {
            var loaded = await GetAsync(version, cancellationToken).ConfigureAwait(false);
            var answer = await loaded.Served.Tensors.RunAsync(inputs, outputs, new RowTerms(deadline, cancellationToken, request.Priority, request.Caller)).ConfigureAwait(false);
            if (answer.Status == PredictionStatus.Retired)
                continue;
            new PredictionResult(answer.Status, version, TrafficPolicy.Stable, default, 0, TimeSpan.FromTicks(answer.Wait), answer.Error).ThrowIfNotOk();
            return new TensorPrediction(answer.Outputs!, version, TrafficPolicy.Stable, request.Id ?? PredictionId.New());
        }
    }

    public async ValueTask DisposeAsync()
    {
        Lazy<Task<Loaded>>[] models;
        lock (_gate)
        {
            models = [.. _models.Values];
            _models.Clear();
        }

        foreach (var model in models)
        {
            if (!model.Value.IsCompletedSuccessfully)
                continue;
            var served = model.Value.Result.Served;
            served.Retire();
            await served.Drained.ConfigureAwait(false);
        }
    }

    private async Task<Loaded> GetAsync(ModelVersionRef version, CancellationToken cancellationToken)
    {
        Lazy<Task<Loaded>>? model;
        lock (_gate)
        {
            if (!_models.TryGetValue(version, out model))
                _models[version] = model = new Lazy<Task<Loaded>>(() => OpenAsync(version));
        }

        try
        {
            return await model.Value.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch when (model.Value.IsFaulted)
        {
            lock (_gate)
            {
                if (_models.TryGetValue(version, out var current) && current == model)
                    _models.Remove(version);
            }

            throw;
        }
    }

    private async Task<Loaded> OpenAsync(ModelVersionRef version)
    {
        var served = await endpoints.Loader.LoadAsync(version.Model, version, CancellationToken.None).ConfigureAwait(false);
        return new Loaded(served, new ServedModelStatus(
            version, ServedModelState.Ready, served.MemoryBytes, served.Inputs, served.Outputs, [], null));
    }

    private sealed record Loaded(ServedVersion Served, ServedModelStatus AtLoad)
    {
        // A device may be lost later.
        public ServedModelStatus Status => AtLoad with { Device = Served.Runtime?.Device ?? AtLoad.Device, DeviceReason = Served.Runtime?.DeviceReason };
    }
}
