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

    /// <summary>Predicts several rows. They join batches one by one, may be split over several, and are answered together.</summary>
    /// <param name="rows">The input rows, row-major; must not change until the task ends.</param>
    /// <param name="count">How many rows, from 1 to <see cref="BatchingOptions.QueueLimit"/>.</param>
    /// <param name="scores">Where the output rows go, row-major.</param>
    /// <param name="context">What else the request says.</param>
    /// <param name="cancellationToken">Takes out the rows whose batches were not formed yet.</param>
    /// <returns>How they ended: well only if all did; the first error otherwise.</returns>
    /// <exception cref="NotFoundException">The endpoint does not serve.</exception>
    ValueTask<PredictionResult> TryPredictRowsAsync(
        ReadOnlyMemory<float> rows, int count, Memory<float> scores, PredictionContext context = default, CancellationToken cancellationToken = default);

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

    /// <summary>Predicts in tensors and writes the outputs into memory that the caller has for them.</summary>
    /// <param name="inputs">The model's inputs by name; must not change until the task ends.</param>
    /// <param name="outputs">The outputs wanted, by name: tensors of exactly the type and shape that the answer has. Written before the task ends well.</param>
    /// <param name="context">What else the request says.</param>
    /// <param name="cancellationToken">Takes the request out while it waits; then the memory is not touched any more.</param>
    /// <returns>The same tensors and which version gave them.</returns>
    /// <exception cref="NotFoundException">The endpoint does not serve.</exception>
    /// <exception cref="InvalidInputException">The memory does not fit an output.</exception>
    /// <exception cref="MlOpsException">As <see cref="PredictionResult.ThrowIfNotOk"/> says.</exception>
    ValueTask<TensorPrediction> PredictIntoAsync(
        IReadOnlyDictionary<string, ModelValue> inputs, IReadOnlyDictionary<string, TensorValue> outputs, PredictionContext context = default,
        CancellationToken cancellationToken = default);

    /// <summary>
    /// Predicts the rows of a frame in full batches. Inputs are found by name: the features of a model of rows by the names of its
    /// signature, tensors by the columns of their name. Integers, fractions and truth values convert where no value is lost; what is
    /// missing goes by <see cref="BatchingOptions.MissingFeatures"/>. Rows that cannot be answered are null in the result, never the frame.
    /// </summary>
    /// <param name="frame">The rows.</param>
    /// <param name="options">How; null means the defaults.</param>
    /// <param name="context">What else the requests say; the key holds for all rows.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>
    /// As many rows: <c>score</c> (or <c>score_1</c>, <c>score_2</c>... when there are several) for a model of rows, otherwise a column by
    /// the name of each output, with the columns that the options ask for.
    /// </returns>
    /// <exception cref="NotFoundException">The endpoint does not serve, or a column is missing.</exception>
    /// <exception cref="InvalidInputException">A column holds what the model does not take; or a row is bad and the options say to throw.</exception>
    ValueTask<DataFrame> PredictAsync(
        DataFrame frame, FrameOptions? options = null, PredictionContext context = default, CancellationToken cancellationToken = default);

    /// <summary>Predicts a stream of requests in tensors, several at once so that they share batches. Answers come in the order of the requests.</summary>
    /// <param name="inputs">The requests.</param>
    /// <param name="outputs">The outputs wanted; null means all.</param>
    /// <param name="options">How; null means the defaults.</param>
    /// <param name="context">What else the requests say.</param>
    /// <param name="cancellationToken">Ends the stream and takes out what waits.</param>
    /// <returns>The answers. The first request that fails ends the stream with its error.</returns>
    IAsyncEnumerable<TensorPrediction> PredictManyAsync(
        IAsyncEnumerable<IReadOnlyDictionary<string, ModelValue>> inputs, IReadOnlyCollection<string>? outputs = null, StreamOptions? options = null,
        PredictionContext context = default, CancellationToken cancellationToken = default) =>
        OrderedStream.RunAsync(inputs, (request, stop) => PredictAsync(request, outputs, context, stop), options, cancellationToken);

    /// <summary>Predicts a stream of frames, frame by frame in order; while one is taken the next ones are computed.</summary>
    /// <param name="frames">The frames.</param>
    /// <param name="frameOptions">How a frame is answered; null means the defaults.</param>
    /// <param name="context">What else the requests say.</param>
    /// <param name="cancellationToken">Ends the stream.</param>
    /// <returns>The result frames.</returns>
    IAsyncEnumerable<DataFrame> PredictManyAsync(
        IAsyncEnumerable<DataFrame> frames, FrameOptions? frameOptions = null, PredictionContext context = default, CancellationToken cancellationToken = default) =>
        OrderedStream.RunAsync(frames, (frame, stop) => PredictAsync(frame, frameOptions, context, stop), new StreamOptions { Window = 2 }, cancellationToken);

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

    /// <summary>Predicts one row for a caller that has only keys: features are looked up as <see cref="EndpointPolicies.Lookups"/> says.</summary>
    /// <param name="keys">The entity keys by name.</param>
    /// <param name="request">What the request brings besides: inputs of the feature service, and features of the model that the service does not have, by name.</param>
    /// <param name="scores">Where the output row goes.</param>
    /// <param name="context">What else the request says; looked-up features are as of its moment.</param>
    /// <param name="cancellationToken">Takes the request out unless its batch was formed already.</param>
    /// <returns>How it ended; refusals and errors are values, not exceptions.</returns>
    /// <exception cref="InvalidDefinitionException">The endpoint has no look-up.</exception>
    /// <exception cref="InvalidInputException">A key, an input or a feature is missing or unknown.</exception>
    ValueTask<PredictionResult> PredictByKeyAsync(
        IReadOnlyDictionary<string, string> keys, IReadOnlyDictionary<string, FeatureValue>? request, Memory<float> scores, PredictionContext context = default,
        CancellationToken cancellationToken = default);

    /// <summary>Tells a bandit what answers turned out to be worth. Durable, and known to the next requests of this process, when the task ends.</summary>
    /// <param name="rewards">The rewards.</param>
    /// <param name="cancellationToken">Cancels the wait; rewards taken are written all the same.</param>
    /// <returns>How many were counted: those of answers rewarded before, given by another process, or older than <see cref="BanditOptions.RememberedAnswers"/> are not.</returns>
    /// <exception cref="InvalidInputException">The policy is no bandit, or a reward is out of its range.</exception>
    /// <exception cref="NotFoundException">There is no such variant.</exception>
    ValueTask<int> RewardAsync(IReadOnlyList<Reward> rewards, CancellationToken cancellationToken = default);

    /// <summary>What the variants answered at the present revision, what a bandit learnt, how a shadow compares.</summary>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The report.</returns>
    /// <exception cref="NotFoundException">The endpoint does not serve.</exception>
    ValueTask<TrafficReport> GetTrafficReportAsync(CancellationToken cancellationToken = default);

    /// <summary>Which keys were answered by which variant, by key.</summary>
    /// <param name="revision">The revision of the traffic; null means the present one.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The exposures, those of this process up to now included.</returns>
    IAsyncEnumerable<ExposureRecord> GetExposuresAsync(long? revision = null, CancellationToken cancellationToken = default);

    /// <summary>Deletes old exposures.</summary>
    /// <param name="before">Those before this moment go.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>How many.</returns>
    ValueTask<int> DeleteExposuresAsync(Timestamp before, CancellationToken cancellationToken = default);
}
