namespace MlOps.Serving;

/// <summary>
/// Answers predictions by the model versions that its traffic policy names. Versions are changed without a failed request: those in
/// flight finish on the version that they began with. Thread-safe.
/// </summary>
public interface IEndpoint
{
    /// <summary>The endpoint's name; by default the model's.</summary>
    string Name { get; }

    /// <summary>Predicts one row; allocates nothing when the answer is there at once.</summary>
    /// <param name="features">The model's input row; must not change until the task ends.</param>
    /// <param name="scores">Where the output row goes.</param>
    /// <param name="context">What else the request says.</param>
    /// <param name="cancellationToken">Takes the request out unless its batch was formed already.</param>
    /// <returns>How it ended; refusals and errors are values, not exceptions.</returns>
    /// <exception cref="NotFoundException">The endpoint does not serve.</exception>
    ValueTask<PredictionResult> TryPredictAsync(
        ReadOnlyMemory<float> features, Memory<float> scores, PredictionContext context = default, CancellationToken cancellationToken = default);

    /// <summary>Predicts one row.</summary>
    /// <param name="features">The model's input row; must not change until the task ends.</param>
    /// <param name="scores">Where the output row goes.</param>
    /// <param name="context">What else the request says.</param>
    /// <param name="cancellationToken">Takes the request out unless its batch was formed already.</param>
    /// <returns>Which version answered.</returns>
    /// <exception cref="NotFoundException">The endpoint does not serve.</exception>
    /// <exception cref="MlOpsException">As <see cref="PredictionResult.ThrowIfNotOk"/> says.</exception>
    ValueTask<PredictionResult> PredictAsync(
        ReadOnlyMemory<float> features, Memory<float> scores, PredictionContext context = default, CancellationToken cancellationToken = default);

    /// <summary>Predicts in tensors: any model, any of its inputs and outputs.</summary>
    /// <param name="inputs">The model's inputs by name; must not change until the task ends. Optional ones may be left out.</param>
    /// <param name="outputs">The outputs wanted; null means all.</param>
    /// <param name="context">What else the request says.</param>
    /// <param name="cancellationToken">Takes the request out while it waits.</param>
    /// <returns>The outputs and which version gave them.</returns>
    /// <exception cref="NotFoundException">The endpoint does not serve.</exception>
    /// <exception cref="MlOpsException">As <see cref="PredictionResult.ThrowIfNotOk"/> says.</exception>
    ValueTask<TensorPrediction> PredictAsync(
        IReadOnlyDictionary<string, ModelValue> inputs, IReadOnlyCollection<string>? outputs = null, PredictionContext context = default,
        CancellationToken cancellationToken = default);

    /// <summary>Changes the traffic: loads and warms up what is new, makes the change durable, then switches.</summary>
    /// <param name="policy">The new traffic.</param>
    /// <param name="reason">Why; goes into the audit trail.</param>
    /// <param name="expectedRevision">When given, the traffic must be at this revision now (0: never set).</param>
    /// <param name="cancellationToken">Cancels until it is durable.</param>
    /// <returns>The new revision; the current one when nothing changed.</returns>
    /// <exception cref="InvalidDefinitionException">The policy is wrong or a version cannot be served; nothing was changed.</exception>
    /// <exception cref="ConcurrencyConflictException">The traffic is at another revision.</exception>
    ValueTask<long> SetTrafficAsync(TrafficPolicy policy, string reason, long? expectedRevision = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Gives all traffic to the version that an alias of the registry points at, and follows the alias: when it moves, in this process or
    /// another, the new version is loaded, verified and warmed up, the change becomes a revision of the traffic, then the endpoint switches.
    /// A version that cannot be served leaves the former one in place. <see cref="SetTrafficAsync"/> ends it.
    /// </summary>
    /// <param name="alias">The alias, for instance <c>champion</c>.</param>
    /// <param name="reason">Why; goes into the audit trail.</param>
    /// <param name="model">The model; null is the endpoint's own name.</param>
    /// <param name="cancellationToken">Cancels until it is durable.</param>
    /// <returns>The new revision; the current one when nothing changed.</returns>
    /// <exception cref="NotFoundException">The alias points at no version.</exception>
    /// <exception cref="InvalidDefinitionException">The version cannot be served; nothing was changed.</exception>
    ValueTask<long> FollowAsync(string alias, string reason, string? model = null, CancellationToken cancellationToken = default);

    /// <summary>Ends serving.</summary>
    /// <param name="reason">Why; goes into the audit trail.</param>
    /// <param name="cancellationToken">Cancels until it is durable.</param>
    /// <returns>The new revision.</returns>
    ValueTask<long> StopAsync(string reason, CancellationToken cancellationToken = default);

    /// <summary>The traffic as stored; null when the endpoint does not serve.</summary>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The traffic.</returns>
    ValueTask<TrafficPolicy?> GetTrafficAsync(CancellationToken cancellationToken = default);

    /// <summary>All changes of the traffic, oldest first.</summary>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The changes.</returns>
    ValueTask<IReadOnlyList<TrafficChange>> GetHistoryAsync(CancellationToken cancellationToken = default);

    /// <summary>Says which features callers will send, in which order. Versions whose signature wants others are refused when they are loaded.</summary>
    /// <param name="featureNames">The names.</param>
    /// <exception cref="InvalidDefinitionException">A version that is loaded wants other features, or another caller declared others.</exception>
    void DeclareFeatures(IReadOnlyList<string> featureNames);

    /// <summary>Loads what the endpoint serves, so that the first request does not wait.</summary>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>What it serves.</returns>
    ValueTask<EndpointStatus> WarmUpAsync(CancellationToken cancellationToken = default);
}
