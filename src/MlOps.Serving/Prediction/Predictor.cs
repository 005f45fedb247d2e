using System.Runtime.CompilerServices;

namespace MlOps.Serving;

/// <summary>Encodes, looks up, asks the endpoint and decodes.</summary>
internal sealed class Predictor<TIn, TOut>(
    Endpoint endpoint, ModelBinding<TIn, TOut> binding, IFeatureVectorSourceProvider? sources, TimeProvider clock) : IPredictor<TIn, TOut>
{
    private readonly SemaphoreSlim _binding = new(1, 1);
    private BoundModel<TIn, TOut>? _bound;

    public string Endpoint => endpoint.Name;

    public ValueTask<Prediction<TOut>> PredictAsync(TIn input, CancellationToken cancellationToken = default) =>
        PredictAsync(input, default, cancellationToken);

    public ValueTask<Prediction<TOut>> PredictAsync(TIn input, PredictionContext context, CancellationToken cancellationToken = default)
    {
        if (Volatile.Read(ref _bound) is not { } bound || !endpoint.IsLoaded)
            return BindThenPredictAsync(input, context, cancellationToken);
        if (context.Key is null && binding.KeyOf is { } keyOf)
            context = context with { Key = keyOf(input) };
        var row = bound.Rent(endpoint.Outputs);
        try
        {
            foreach (var segment in bound.Segments)
            {
                if (segment.Source is not null)
                    return LookupThenPredictAsync(bound, row, input, context, cancellationToken);
                segment.Segment.Encode!(input, row.Features.AsSpan(segment.Offset, segment.Length));
            }
        }
        catch
        {
            bound.Return(row);
            throw;
        }

        var task = endpoint.TryPredictAsync(row.Features, row.Scores, context, cancellationToken, out var waiting);
        if (waiting is not null)
            return row.Await(waiting);
        return task.IsCompletedSuccessfully ? new(bound.Decode(row, task.Result)) : AwaitAsync(bound, row, task);
    }

    // A row whose request was cancelled is not reused: nothing proves that nobody reads it still.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Prediction<TOut>> AwaitAsync(BoundModel<TIn, TOut> bound, BoundModel<TIn, TOut>.Row row, ValueTask<PredictionResult> task) =>
        bound.Decode(row, await task.ConfigureAwait(false));

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Prediction<TOut>> LookupThenPredictAsync(
        BoundModel<TIn, TOut> bound, BoundModel<TIn, TOut>.Row row, TIn input, PredictionContext context, CancellationToken cancellationToken)
    {
        var moment = context.AsOf ?? binding.MomentOf?.Invoke(input) ?? Timestamp.From(clock.GetUtcNow());
        context = context with { AsOf = moment };
        foreach (var segment in bound.Segments)
        {
            if (segment.Source is null)
            {
                segment.Segment.Encode!(input, row.Features.AsSpan(segment.Offset, segment.Length));
                continue;
            }

            var keys = segment.Segment.Keys;
            for (var i = 0; i < keys.Length; i++)
                row.Keys[segment.KeyOffset + i] = keys[i](input);
            for (var i = 0; i < segment.Requests.Length; i++)
                row.Requests[segment.RequestOffset + i] = segment.Requests[i](input);
            await segment.Source.ReadAsync(
                row.Keys.AsMemory(segment.KeyOffset, keys.Length), row.Requests.AsMemory(segment.RequestOffset, segment.Requests.Length),
                moment, row.Features.AsMemory(segment.Offset, segment.Length), cancellationToken).ConfigureAwait(false);
        }

        return bound.Decode(row, await endpoint.TryPredictAsync(row.Features, row.Scores, context, cancellationToken).ConfigureAwait(false));
    }

    private async ValueTask<Prediction<TOut>> BindThenPredictAsync(TIn input, PredictionContext context, CancellationToken cancellationToken)
    {
        if (_bound is null)
            await BindAsync(cancellationToken).ConfigureAwait(false);
        await endpoint.WarmUpAsync(cancellationToken).ConfigureAwait(false);
        return await PredictAsync(input, context, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask BindAsync(CancellationToken cancellationToken)
    {
        await _binding.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_bound is not null)
                return;
            var segments = new List<BoundSegment<TIn>>();
            var names = new List<string>();
            var keys = 0;
            var requests = 0;
            var used = new HashSet<string>(StringComparer.Ordinal);
            foreach (var segment in binding.Segments)
            {
                IFeatureVectorSource? source = null;
                if (segment.Service is { } service)
                {
                    source = await (sources ?? throw new InvalidDefinitionException(
                        $"Model '{endpoint.Name}' looks up features of service '{service}', but the environment has no feature store: add one."))
                        .GetVectorSourceAsync(service, cancellationToken).ConfigureAwait(false);
                    if (source.KeyNames.Count != segment.Keys.Length)
                        throw new InvalidDefinitionException(
                            $"Feature service '{service}' has the keys {string.Join(", ", source.KeyNames)}; the binding of model '{endpoint.Name}' gives {segment.Keys.Length}.");
                }

                var values = source is null ? [] : RequestValues(source);
                used.UnionWith(source?.RequestInputs.Select(request => request.Name) ?? []);
                var own = source?.FeatureNames ?? segment.Names;
                segments.Add(new BoundSegment<TIn>(segment, names.Count, own.Count, keys, source) { Requests = values, RequestOffset = requests });
                names.AddRange(own);
                keys += segment.Keys.Length;
                requests += values.Length;
            }

            if (binding.RequestValues.Keys.FirstOrDefault(name => !used.Contains(name)) is { } unused)
                throw new InvalidDefinitionException(
                    $"The binding of model '{endpoint.Name}' gives request value '{unused}', which no feature service that it looks up takes. {NearestNames.Describe(unused, used)}");

            var bound = new BoundModel<TIn, TOut>([.. segments], [.. names], keys, requests, binding.Decoder!);
            endpoint.DeclareFeatures(bound.Features);
            Volatile.Write(ref _bound, bound);
        }
        finally
        {
            _binding.Release();
        }
    }

    private Func<TIn, FeatureValue>[] RequestValues(IFeatureVectorSource source)
    {
        var missing = source.RequestInputs.Where(request => !binding.RequestValues.ContainsKey(request.Name)).ToArray();
        return missing.Length == 0
            ? [.. source.RequestInputs.Select(request => binding.RequestValues[request.Name])]
            : throw new InvalidDefinitionException(
                $"Feature service '{source.Id}' takes {string.Join(", ", missing.Select(request => $"'{request.Name}' ({request.Type})"))} with each request; the binding of model '{endpoint.Name}' does not give it: call Request.");
    }
}
