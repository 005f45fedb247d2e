using System.Diagnostics;

namespace MlOps.Serving;

internal sealed partial class Endpoint
{
    public async ValueTask<TensorPrediction> PredictAsync(
        IReadOnlyDictionary<string, ModelValue> inputs, IReadOnlyCollection<string>? outputs = null, PredictionContext context = default,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        var begin = metrics.Timed || ServingMetrics.Activities.HasListeners() ? Stopwatch.GetTimestamp() : 0;
        var deadline = Deadline(context.Timeout ?? options.RequestTimeout);
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
            var answer = await version.Tensors.RunAsync(inputs, outputs, deadline, cancellationToken).ConfigureAwait(false);
            if (answer.Status == PredictionStatus.Retired)
            {
                await EnsureLoadedAsync(cancellationToken).ConfigureAwait(false);
                continue;
            }

            version.CountRequest();
            if (answer.Status != PredictionStatus.Ok)
            {
                metrics.Refused(Name, answer.Status);
                new PredictionResult(answer.Status, version.Version, variant, default, 0, TimeSpan.FromTicks(answer.Wait), answer.Error).ThrowIfNotOk();
            }

            var id = context.Id ?? PredictionId.New();
            if (begin != 0)
                Observe(version, variant, begin);
            return new TensorPrediction(answer.Outputs!, version.Version, variant, id);
        }
    }
}
