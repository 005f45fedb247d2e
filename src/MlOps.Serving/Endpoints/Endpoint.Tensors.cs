using System.Diagnostics;

namespace MlOps.Serving;

internal sealed partial class Endpoint
{
    public ValueTask<TensorPrediction> PredictAsync(
        IReadOnlyDictionary<string, ModelValue> inputs, IReadOnlyCollection<string>? outputs = null, PredictionContext context = default,
        CancellationToken cancellationToken = default) => PredictAsync(inputs, outputs, null, context, cancellationToken);

    public ValueTask<TensorPrediction> PredictIntoAsync(
        IReadOnlyDictionary<string, ModelValue> inputs, IReadOnlyDictionary<string, TensorValue> outputs, PredictionContext context = default,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(outputs);
        return PredictAsync(inputs, [.. outputs.Keys], outputs, context, cancellationToken);
    }

    private async ValueTask<TensorPrediction> PredictAsync(
        IReadOnlyDictionary<string, ModelValue> inputs, IReadOnlyCollection<string>? outputs, IReadOnlyDictionary<string, TensorValue>? into, PredictionContext context,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        RequirePredict();
        if (_resilience is not null)
            return Into(await ResilientAsync(inputs, outputs, context, cancellationToken).ConfigureAwait(false), into);
        var begin = metrics.Timed || ServingMetrics.Activities.HasListeners() ? Stopwatch.GetTimestamp() : 0;
        var terms = new RowTerms(Deadline(context.Timeout ?? options.RequestTimeout), cancellationToken, context.Priority, context.Caller);
        while (true)
        {
            var state = Volatile.Read(ref _state);
            if (state is null)
            {
                await EnsureLoadedAsync(cancellationToken).ConfigureAwait(false);
                continue;
            }

            var share = state.Router.Choose(context.Key);
            var (version, variant) = (state.Versions[share], state.Variants[share]);
            var answer = await version.Tensors.RunAsync(inputs, outputs, terms, into).ConfigureAwait(false);
            if (answer.Status == PredictionStatus.Retired)
            {
                await EnsureLoadedAsync(cancellationToken).ConfigureAwait(false);
                continue;
            }

            version.CountRequest();
            if (answer.Status != PredictionStatus.Ok)
            {
                state.Trial?.Refused(share, answer.Status);
                metrics.Refused(Name, answer.Status);
                new PredictionResult(answer.Status, version.Version, variant, default, 0, TimeSpan.FromTicks(answer.Wait), answer.Error).ThrowIfNotOk();
            }

            var id = context.Id ?? PredictionId.New();
            state.Trial?.Answered(share, context.Key, id, begin);
            Record(state, version, variant, inputs, answer.Outputs!, id, context);
            if (begin != 0)
                Observe(version, variant, begin);
            return new TensorPrediction(answer.Outputs!, version.Version, variant, id);
        }
    }

    private static TensorPrediction Into(TensorPrediction answer, IReadOnlyDictionary<string, TensorValue>? into)
    {
        if (into is null)
            return answer;
        var outputs = new OrderedDictionary<string, ModelValue>(StringComparer.Ordinal);
        foreach (var (name, value) in answer.Outputs)
        {
            if (value is not TensorValue tensor || !into.TryGetValue(name, out var target))
            {
                outputs.Add(name, value);
                continue;
            }

            BatchMemory.CheckInto(name, target, tensor.Type, tensor.Shape);
            tensor.Bytes.CopyTo(target.Bytes);
            outputs.Add(name, target);
        }

        return answer with { Outputs = outputs };
    }
}
