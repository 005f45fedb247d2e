using MlOps.Serving;

namespace MlOps;

/// <summary>
/// Predicts <typeparamref name="TOut"/> for <typeparamref name="TIn"/> by the endpoint of a model. Registered by <c>AddModel</c>, keyed
/// by environment; without a key it means the default environment. Thread-safe.
/// </summary>
/// <typeparam name="TIn">What a request carries.</typeparam>
/// <typeparam name="TOut">What the model's scores mean.</typeparam>
public interface IPredictor<TIn, TOut>
{
    /// <summary>The endpoint's name.</summary>
    string Endpoint { get; }

    /// <summary>Predicts. Allocates nothing by itself when the answer is there at once.</summary>
    /// <param name="input">The request.</param>
    /// <param name="cancellationToken">Takes the request out unless its batch was formed already.</param>
    /// <returns>The answer.</returns>
    /// <exception cref="NotFoundException">The endpoint does not serve.</exception>
    /// <exception cref="MlOpsException">As <see cref="PredictionResult.ThrowIfNotOk"/> says.</exception>
    ValueTask<Prediction<TOut>> PredictAsync(TIn input, CancellationToken cancellationToken = default);

    /// <summary>Predicts with a sticky key, a deadline or a moment of its own.</summary>
    /// <param name="input">The request.</param>
    /// <param name="context">What else the request says; wins over the binding.</param>
    /// <param name="cancellationToken">Takes the request out unless its batch was formed already.</param>
    /// <returns>The answer.</returns>
    ValueTask<Prediction<TOut>> PredictAsync(TIn input, PredictionContext context, CancellationToken cancellationToken = default);

    /// <summary>Predicts a stream, several requests at once so that they share batches. Answers come in the order of the requests.</summary>
    /// <param name="inputs">The requests; read no further than the options' window allows.</param>
    /// <param name="options">How; null means the defaults.</param>
    /// <param name="cancellationToken">Ends the stream and takes out what waits.</param>
    /// <returns>The answers. The first request that fails ends the stream with its error.</returns>
    IAsyncEnumerable<Prediction<TOut>> PredictManyAsync(
        IAsyncEnumerable<TIn> inputs, StreamOptions? options = null, CancellationToken cancellationToken = default) =>
        OrderedStream.RunAsync(inputs, PredictAsync, options, cancellationToken);
}
