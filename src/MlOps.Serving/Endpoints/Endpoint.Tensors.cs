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
                continue;
            if (answer.Status != PredictionStatus.Ok)
            {
                metrics.Refused(Name, answer.Status);
                new PredictionResult(answer.Status, version.Version, variant, default, 0, TimeSpan.FromTicks(answer.Wait), answer.Error).ThrowIfNotOk();
            }

            var id = context.Id ?? PredictionId.New();
            Record(state, version, variant, inputs, answer.Outputs!, id, context);
            if (begin != 0)
                Observe(version, variant, begin);
            return new TensorPrediction(answer.Outputs!, version.Version, variant, id);
        }
    }
}
