namespace MlOps.Serving;

/// <summary>The pool's models as callers by version see them.</summary>
internal sealed class ServedModels(EnvironmentContext context, EndpointSet endpoints, ServingOptions options) : IServedModels
{
    private readonly ModelPool _pool = endpoints.Pool;

    public IReadOnlyList<ServedModelStatus> List()
    {
        context.Access.Require(EnvironmentPermission.Read, "the served models");
        return _pool.List();
    }

    public ValueTask<ServingReadiness> GetReadinessAsync(CancellationToken cancellationToken = default)
    {
        context.Access.Require(EnvironmentPermission.Read, "the served models");
        return endpoints.GetReadinessAsync(cancellationToken);
    }

    public async ValueTask<ServedModelStatus> LoadAsync(ModelVersionRef version, CancellationToken cancellationToken = default)
    {
        context.Access.Require(EnvironmentPermission.Operate, $"model version {version}");
        using var lease = await _pool.LeaseAsync(version, _pool.Loader.BatchingOf(version.Model), LoadIntent.Explicit, cancellationToken).ConfigureAwait(false);
        _pool.Pin(lease);
        return _pool.Describe(version);
    }

    public async ValueTask<bool> UnloadAsync(ModelVersionRef version, CancellationToken cancellationToken = default)
    {
        context.Access.Require(EnvironmentPermission.Operate, $"model version {version}");
        var (wasLoaded, left) = _pool.Unload(version);
        await left.WaitAsync(cancellationToken).ConfigureAwait(false);
        return wasLoaded;
    }

    public async ValueTask<ServedModelStatus> DescribeAsync(ModelVersionRef version, CancellationToken cancellationToken = default)
    {
        context.Access.Require(EnvironmentPermission.Read, $"model version {version}");
        if (!_pool.IsKnown(version))
            (await _pool.LeaseAsync(version, _pool.Loader.BatchingOf(version.Model), LoadIntent.Request, cancellationToken).ConfigureAwait(false)).Dispose();
        return _pool.Describe(version);
    }

    public async ValueTask<TensorPrediction> PredictAsync(
        ModelVersionRef version, IReadOnlyDictionary<string, ModelValue> inputs, IReadOnlyCollection<string>? outputs = null, PredictionContext request = default,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        var timeout = request.Timeout ?? options.RequestTimeout;
        var deadline = timeout is { } wait ? context.Clock.GetTimestamp() + Math.Max(0, (long)(wait.TotalSeconds * context.Clock.TimestampFrequency)) : 0;

        // The lease keeps the model from being unloaded between here and the answer.
        using var lease = await _pool.LeaseAsync(version, _pool.Loader.BatchingOf(version.Model), LoadIntent.Request, cancellationToken).ConfigureAwait(false);
        var answer = await lease.Served.Tensors.RunAsync(inputs, outputs, new RowTerms(deadline, cancellationToken, request.Priority, request.Caller)).ConfigureAwait(false);
        new PredictionResult(answer.Status, version, TrafficPolicy.Stable, default, 0, TimeSpan.FromTicks(answer.Wait), answer.Error).ThrowIfNotOk();
        return new TensorPrediction(answer.Outputs!, version, TrafficPolicy.Stable, request.Id ?? PredictionId.New());
    }
}
