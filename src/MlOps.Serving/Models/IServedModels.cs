namespace MlOps.Serving;

/// <summary>
/// The model versions of one environment that this process holds in memory: those behind endpoints, and those that were asked for by
/// version. Thread-safe.
/// </summary>
public interface IServedModels
{
    /// <summary>What this process knows of its model versions, by model and version.</summary>
    /// <returns>The versions behind loaded endpoints and those that were asked for.</returns>
    IReadOnlyList<ServedModelStatus> List();

    /// <summary>Whether every endpoint that has traffic was loaded and warmed up in this process, for health checks.</summary>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>Ready or not, and why not. With <see cref="ServingOptions.WarmUpAtStart"/> off, endpoints that nobody has asked yet count as ready.</returns>
    ValueTask<ServingReadiness> GetReadinessAsync(CancellationToken cancellationToken = default);

    /// <summary>Loads a version, warms it up and pins it: it stays in memory, whatever the budget wants back, until <see cref="UnloadAsync"/>.</summary>
    /// <param name="version">The version.</param>
    /// <param name="cancellationToken">Cancels waiting for it.</param>
    /// <returns>The warm version.</returns>
    /// <exception cref="NotFoundException">There is no such version.</exception>
    /// <exception cref="InvalidDefinitionException">It cannot be served, or takes more than the whole memory budget.</exception>
    /// <exception cref="OverloadedException">What the budget would need to give back is pinned or in use.</exception>
    ValueTask<ServedModelStatus> LoadAsync(ModelVersionRef version, CancellationToken cancellationToken = default);

    /// <summary>Lets a version go that no endpoint serves; its requests in flight are answered first.</summary>
    /// <param name="version">The version.</param>
    /// <param name="cancellationToken">Cancels waiting for it; the version goes all the same.</param>
    /// <returns>Whether it was loaded.</returns>
    /// <exception cref="InvalidInputException">An endpoint serves it.</exception>
    ValueTask<bool> UnloadAsync(ModelVersionRef version, CancellationToken cancellationToken = default);

    /// <summary>Where a version stands; loads it when nothing is known of it yet, to learn its inputs and outputs.</summary>
    /// <param name="version">The version.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>Where it stands.</returns>
    /// <exception cref="NotFoundException">There is no such version.</exception>
    ValueTask<ServedModelStatus> DescribeAsync(ModelVersionRef version, CancellationToken cancellationToken = default);

    /// <summary>Predicts by one version, whatever the endpoints' traffic; loads it when it is not in memory.</summary>
    /// <param name="version">The version.</param>
    /// <param name="inputs">The inputs by name; must not change until the task ends.</param>
    /// <param name="outputs">The outputs wanted; null means all.</param>
    /// <param name="context">What else the request says.</param>
    /// <param name="cancellationToken">Takes the request out while it waits.</param>
    /// <returns>The outputs.</returns>
    /// <exception cref="NotFoundException">There is no such version.</exception>
    /// <exception cref="MlOpsException">As <see cref="PredictionResult.ThrowIfNotOk"/> says.</exception>
    ValueTask<TensorPrediction> PredictAsync(
        ModelVersionRef version, IReadOnlyDictionary<string, ModelValue> inputs, IReadOnlyCollection<string>? outputs = null, PredictionContext context = default,
        CancellationToken cancellationToken = default);
}
