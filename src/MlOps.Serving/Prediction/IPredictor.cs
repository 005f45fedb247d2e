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
}
