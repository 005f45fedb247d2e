namespace MlOps.Serving;

/// <summary>Asks an endpoint in tensors for types whose values are not all single numbers.</summary>
internal sealed class TensorPredictor<TIn, TOut>(IEndpoint endpoint, ModelInputBinding<TIn> input, ModelOutputBinding<TOut> output) : IPredictor<TIn, TOut>
{
    public string Endpoint => endpoint.Name;

    public ValueTask<Prediction<TOut>> PredictAsync(TIn request, CancellationToken cancellationToken = default) =>
        PredictAsync(request, default, cancellationToken);

    public async ValueTask<Prediction<TOut>> PredictAsync(TIn request, PredictionContext context, CancellationToken cancellationToken = default)
    {
        if (context.Key is null && input.Key is { } keyOf)
            context = context with { Key = keyOf(request) };
        var tensors = new Dictionary<string, ModelValue>(input.Names.Count, StringComparer.Ordinal);
        input.AddTensors(request, tensors);
        var answer = await endpoint.PredictAsync(tensors, output.Names, context, cancellationToken).ConfigureAwait(false);
        return new Prediction<TOut>(output.Read(answer.Outputs), answer.Version, answer.Variant, answer.Id) { Origin = answer.Origin };
    }
}
