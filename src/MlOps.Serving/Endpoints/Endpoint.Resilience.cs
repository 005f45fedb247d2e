using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace MlOps.Serving;

/// <summary>The resilient way through an endpoint: version chosen by the traffic, perhaps hedged, then the fall-back chain.</summary>
internal sealed partial class Endpoint
{
    private readonly ResilienceState? _resilience = Resilient(name, context, metrics, options);

    /// <summary>Finds another endpoint of the same environment.</summary>
    public Func<string, Endpoint>? Peers { get; init; }

    /// <summary>Whether requests that cannot be asked as they should have somewhere to go.</summary>
    public bool HasFallbacks => _resilience?.Options.Fallbacks.Count > 0;

    /// <summary>Answers a request whose features are not as they should be by the fall-back chain.</summary>
    public ValueTask<PredictionResult> DegradeAsync(
        ReadOnlyMemory<float> features, Memory<float> scores, in PredictionContext request, string reason, CancellationToken cancellationToken) =>
        ResilientAsync(features, scores, request, reason, cancellationToken);

    private static ResilienceState? Resilient(string name, EnvironmentContext context, ServingMetrics metrics, ServingOptions options) =>
        options.Policies.ResilienceOf(name) is not { } resilience ? null : new ResilienceState(resilience, context.Clock, (version, former, state) =>
        {
            metrics.Traffic.CircuitChanged(name, version, former, state);
            LogCircuit(context.LoggerFactory.CreateLogger("MlOps.Serving.Endpoint"), name, version, state);
        });

    private async ValueTask<PredictionResult> ResilientAsync(
        ReadOnlyMemory<float> features, Memory<float> scores, PredictionContext request, string? degraded, CancellationToken cancellationToken, int? rows = null)
    {
        var begin = Stopwatch.GetTimestamp();
        var resilience = _resilience!;
        var row = new ResilientRow(
            features, rows, scores, request, Deadline(request.Timeout ?? options.RequestTimeout), resilience.Options.IsIsolated, cancellationToken);
        var answer = await AnswerAsync(row, degraded, cancellationToken).ConfigureAwait(false);
        if (answer.Version is not { } version)
            throw answer.Error as MlOpsException ?? new PredictionFailedException($"Endpoint '{Name}' could not ask any version: {answer.Error?.Message}", answer.Error);
        if (answer.Status != PredictionStatus.Ok)
            return RefuseResilient(new BatchAnswer(answer.Status, answer.Error, answer.Detail), version, answer.Variant, features.Length, rows);
        var outputs = answer.Payload is IReadOnlyList<float> given ? given.Count : version.Engine.OutputWidth * (rows ?? 1);
        if (outputs > scores.Length)
        {
            metrics.Refused(Name, PredictionStatus.InvalidInput);
            return new PredictionResult(
                PredictionStatus.InvalidInput, version.Version, answer.Variant, default, 0,
                Error: new InvalidInputException($"Endpoint '{Name}' gives {outputs} scores; the request has room for {scores.Length}."));
        }

        for (var i = 0; answer.Payload is IReadOnlyList<float> payload && i < payload.Count; i++)
            scores.Span[i] = payload[i];
        if (answer.State is { } state)
        {
            var good = new BatchAnswer(PredictionStatus.Ok);
            var result = rows is { } count
                ? FinishRows(good, state, answer.Share, features, count, scores, request, begin)
                : Finish(good, state, answer.Share, features, scores, request, begin);
            return result with { Origin = answer.Origin ?? AnswerOrigin.Primary };
        }

        var id = request.Id ?? PredictionId.New();
        if (answer.Origin!.Source != AnswerSource.Default)
        {
            for (var place = 0; place < (rows ?? 1); place++)
                Record(version, answer.Variant, id, request, Part(features, place, rows), Part(scores[..outputs], place, rows));
            Observe(version, answer.Variant, begin);
        }

        return new PredictionResult(PredictionStatus.Ok, version.Version, answer.Variant, id, outputs) { Origin = answer.Origin };
    }

    private PredictionResult RefuseResilient(in BatchAnswer answer, ServedVersion version, string variant, int length, int? rows)
    {
        // What is said already is said: only the engine's own refusals carry a position instead of an error.
        if (answer is { Status: PredictionStatus.InvalidInput, Error: { } error })
        {
            metrics.Refused(Name, answer.Status);
            return new PredictionResult(answer.Status, version.Version, variant, default, 0, Error: error);
        }

        return rows is { } count ? RefuseRows(answer, version, variant, length, count) : Refuse(answer, version, variant, length);
    }

    private static ReadOnlyMemory<float> Part(ReadOnlyMemory<float> values, int row, int? rows) =>
        rows is { } count ? values.Slice(row * (values.Length / count), values.Length / count) : values;

    private async ValueTask<TensorPrediction> ResilientAsync(
        IReadOnlyDictionary<string, ModelValue> inputs, IReadOnlyCollection<string>? outputs, PredictionContext request, CancellationToken cancellationToken)
    {
        var begin = Stopwatch.GetTimestamp();
        var tensors = new ResilientTensors(
            inputs, outputs, request.Key, Deadline(request.Timeout ?? options.RequestTimeout), _resilience!.Options.IsIsolated, cancellationToken);
        var answer = await AnswerAsync(tensors, null, cancellationToken).ConfigureAwait(false);
        if (answer.Version is not { } version)
            throw answer.Error as MlOpsException ?? new PredictionFailedException($"Endpoint '{Name}' could not ask any version: {answer.Error?.Message}", answer.Error);
        var variant = answer.Variant;
        if (answer.Status != PredictionStatus.Ok)
        {
            metrics.Refused(Name, answer.Status);
            new PredictionResult(answer.Status, version.Version, variant, default, 0, TimeSpan.FromTicks(answer.Detail), answer.Error).ThrowIfNotOk();
        }

        var id = request.Id ?? PredictionId.New();
        answer.State?.Trial?.Answered(answer.Share, request.Key, id, begin);
        if (answer.Origin?.Source != AnswerSource.Default)
            Observe(version, variant, begin);
        if (answer.State is { } asked)
            Record(asked, version, variant, inputs, (IReadOnlyDictionary<string, ModelValue>)answer.Payload!, id, request);
        return new TensorPrediction((IReadOnlyDictionary<string, ModelValue>)answer.Payload!, version.Version, variant, id) { Origin = answer.Origin ?? AnswerOrigin.Primary };
    }

    // The chosen version first, then the chain. The last refusal is the answer where nothing could answer.
    private async ValueTask<AttemptAnswer> AnswerAsync(ResilientRequest request, string? degraded, CancellationToken cancellationToken)
    {
        var resilience = _resilience!;
        AttemptAnswer first;
        if (degraded is null)
        {
            first = await resilience.HedgeAsync(
                stop => AskPrimaryAsync(request, stop), stop => AskHedgeAsync(request, stop), cancellationToken).ConfigureAwait(false);
            if (first.Status == PredictionStatus.Ok)
            {
                if (first.IsHedge)
                {
                    metrics.Traffic.SteppedIn(Name, AnswerSource.Hedged, AnswerReasons.Slow);
                    return first with { Origin = AnswerReasons.Of(AnswerSource.Hedged, AnswerReasons.Slow) };
                }

                return first;
            }

            first.State?.Trial?.Refused(first.Share, first.Status);
            if (first.Status == PredictionStatus.InvalidInput)
                return first;
        }
        else
        {
            var state = await StateAsync(cancellationToken).ConfigureAwait(false);
            var share = state.Router.Choose(request.Key);
            first = new AttemptAnswer(PredictionStatus.InvalidInput, new InvalidInputException(
                $"A request to endpoint '{Name}' has {degraded} and no fall-back could answer it."))
            { Version = state.Versions[share], Variant = state.Variants[share], Reason = degraded };
        }

        if (resilience.Options.Fallbacks.Count == 0)
            return first;
        return await FallBackAsync(request, first, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<AttemptAnswer> AskPrimaryAsync(ResilientRequest request, CancellationToken cancellationToken)
    {
        while (true)
        {
            EndpointState state;
            try
            {
                state = await StateAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (Exception error) when (error is not (OperationCanceledException or NotFoundException) && _resilience!.Options.Fallbacks.Count > 0)
            {
                return new AttemptAnswer(PredictionStatus.Failed, error) { Reason = AnswerReasons.Unavailable };
            }

            if (_resilience!.Prepared?.Revision != state.Row.Revision && HasFallbacks)
                _ = PrepareFallbacksAsync(CancellationToken.None);
            var share = state.Router.Choose(request.Key);
            var version = state.Versions[share];
            var answer = await _resilience.CircuitOf(version.Version).AskAsync(request, version, null, cancellationToken).ConfigureAwait(false);
            if (answer.Status == PredictionStatus.Retired)
            {
                // Replaced by another, or unloaded for want of memory: then this loads it again.
                await EnsureLoadedAsync(cancellationToken).ConfigureAwait(false);
                continue;
            }

            return answer with { State = state, Share = share, Variant = state.Variants[share] };
        }
    }

    private async ValueTask<AttemptAnswer> AskHedgeAsync(ResilientRequest request, CancellationToken cancellationToken)
    {
        if (_resilience!.Options.Hedging!.Target == HedgeTarget.FirstFallback && await FallbacksAsync(cancellationToken).ConfigureAwait(false) is { } chain)
        {
            foreach (var step in chain.Steps)
            {
                if (step.Step.IsDefault)
                    continue;
                var state = await StateAsync(cancellationToken).ConfigureAwait(false);
                if (await AskStepAsync(request, step, state.Versions[state.Router.Choose(request.Key)], cancellationToken).ConfigureAwait(false) is { } answer)
                    return answer;
            }
        }

        return await AskPrimaryAsync(request, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<AttemptAnswer> FallBackAsync(ResilientRequest request, AttemptAnswer first, CancellationToken cancellationToken)
    {
        foreach (var step in (await FallbacksAsync(cancellationToken).ConfigureAwait(false)).Steps)
        {
            if (step.Step.IsDefault)
            {
                var version = first.Version ?? Volatile.Read(ref _state)?.Versions[0];
                if (request.DefaultOf(step.Step) is not { } given || version is null)
                    continue;
                metrics.Traffic.SteppedIn(Name, AnswerSource.Default, first.Reason);
                return new AttemptAnswer(PredictionStatus.Ok)
                {
                    Payload = given, Version = version, Variant = TrafficPolicy.DefaultVariant, Origin = AnswerReasons.Of(AnswerSource.Default, first.Reason),
                };
            }

            if (await AskStepAsync(request, step, first.Version, cancellationToken).ConfigureAwait(false) is not { Status: PredictionStatus.Ok } answer)
                continue;
            metrics.Traffic.SteppedIn(Name, AnswerSource.Fallback, first.Reason);
            return answer with { Origin = AnswerReasons.Of(AnswerSource.Fallback, first.Reason) };
        }

        return first;
    }

    // Null where the step cannot take this request, or is the version that was asked already.
    private async ValueTask<AttemptAnswer?> AskStepAsync(ResilientRequest request, PreparedFallback step, ServedVersion? asked, CancellationToken cancellationToken)
    {
        ServedVersion? version;
        if (step.Peer is { } peer)
        {
            try
            {
                var state = await peer.StateAsync(cancellationToken).ConfigureAwait(false);
                version = state.Versions[state.Router.Choose(request.Key)];
            }
            catch (MlOpsException error)
            {
                LogFallbackUnavailable(_logger, Name, $"endpoint '{peer.Name}'", error);
                return null;
            }
        }
        else
        {
            version = Volatile.Read(ref _state)?.Versions.FirstOrDefault(serving => serving.Version == step.Version?.Version) ?? step.Version;
        }

        if (version is null || version.Version == asked?.Version || !request.TryProject(asked ?? version, version, out var projection))
            return null;
        var answer = await _resilience!.CircuitOf(version.Version).AskAsync(request, version, projection, cancellationToken).ConfigureAwait(false);
        return answer with { Variant = TrafficPolicy.FallbackVariant };
    }

    private async ValueTask<EndpointState> StateAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (Volatile.Read(ref _state) is { } state)
                return state;
            await EnsureLoadedAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private void Record(ServedVersion version, string variant, PredictionId id, in PredictionContext request, ReadOnlyMemory<float> features, ReadOnlyMemory<float> scores)
    {
        if (sinks.Length == 0)
            return;
        var record = new PredictionRecord
        {
            Endpoint = Name, Version = version.Version, Variant = variant, Id = id, Key = request.Key,
            Time = request.AsOf ?? Timestamp.From(context.Clock.GetUtcNow()), FeatureNames = version.Features, Features = features, Scores = scores,
        };
        foreach (var sink in sinks)
            sink.Record(record);
    }
}
