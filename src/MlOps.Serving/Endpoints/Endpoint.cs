using System.Diagnostics;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;

namespace MlOps.Serving;

/// <summary>One endpoint in this process: the snapshot that requests read, and the gate that changes pass through.</summary>
internal sealed partial class Endpoint(
    string name, EnvironmentContext context, TrafficStore traffic, ModelPool pool, IPredictionSink[] sinks, ServingMetrics metrics, ServingOptions options) : IEndpoint
{
    private readonly SemaphoreSlim _changing = new(1, 1);
    private readonly ILogger _logger = context.LoggerFactory.CreateLogger<Endpoint>();
    private readonly List<Task> _retiring = [];
    private readonly CallPool<ObservedCall> _calls = new();
    private EndpointState? _state;
    private IReadOnlyList<string>? _declared;
    private string? _lastError;

    public string Name { get; } = name;

    /// <summary>The most scores of a version that serves; 0 when none is loaded.</summary>
    public int Outputs => Volatile.Read(ref _state)?.Outputs ?? 0;

    public bool IsLoaded => Volatile.Read(ref _state) is not null;

    public ValueTask<PredictionResult> PredictAsync(
        ReadOnlyMemory<float> features, Memory<float> scores, PredictionContext context = default, CancellationToken cancellationToken = default)
    {
        var task = TryPredictAsync(features, scores, context, cancellationToken);
        if (!task.IsCompletedSuccessfully)
            return ThrowingAsync(task);
        var result = task.Result;
        result.ThrowIfNotOk();
        return new(result);
    }

    public ValueTask<PredictionResult> TryPredictAsync(
        ReadOnlyMemory<float> features, Memory<float> scores, PredictionContext context = default, CancellationToken cancellationToken = default) =>
        TryPredictAsync(features, scores, context, cancellationToken, out _);

    /// <summary>The same; who waits itself for the answer of a batch is given the request that does.</summary>
    internal ValueTask<PredictionResult> TryPredictAsync(
        ReadOnlyMemory<float> features, Memory<float> scores, in PredictionContext request, CancellationToken cancellationToken, out BatchRequest? waiting)
    {
        waiting = null;
        if (_isRestricted)
            RequirePredict();
        if (_caches && FindCached(features, scores, request) is { } kept)
            return new(kept);
        if (_resilience is not null)
            return ResilientAsync(features, scores, request, null, cancellationToken);
        if (Volatile.Read(ref _state) is not { } state)
            return LoadThenPredictAsync(features, scores, request, cancellationToken);
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<PredictionResult>(cancellationToken);
        var begin = metrics.Timed || state.IsTimed || ServingMetrics.Activities.HasListeners() ? Stopwatch.GetTimestamp() : 0;
        var terms = new RowTerms(Deadline(request.Timeout ?? options.RequestTimeout), cancellationToken, request.Priority, request.Caller);
        while (true)
        {
            var share = state.Router.Choose(request.Key);
            var finishers = state.Finishers ?? MakeFinishers(state);
            var observed = begin != 0 || sinks.Length > 0 || state.Shadow is not null || request.Id is not null || _caches
                ? Rent(state, share, features, scores, request, begin)
                : null;
            waiting = state.Versions[share].Engine.Start(features.Span, scores, terms, observed ?? finishers[share], out var answer);
            if (waiting is not null)
                return new(waiting, waiting.Version);
            if (observed is not null)
                _calls.Return(observed);
            if (answer.Status != PredictionStatus.Retired)
                return new(Finish(answer, state, share, features, scores, request, begin));

            // The snapshot was replaced between reading it and asking its engine; the new one is there before the old engine is retired.
            var current = Volatile.Read(ref _state);
            if (current is null || current == state)
                return LoadThenPredictAsync(features, scores, request, cancellationToken);
            state = current;
        }
    }

    public ValueTask<PredictionResult> TryPredictRowsAsync(
        ReadOnlyMemory<float> rows, int count, Memory<float> scores, PredictionContext context = default, CancellationToken cancellationToken = default)
    {
        if (_isRestricted)
            RequirePredict();
        if (_resilience is not null)
            return ResilientAsync(rows, scores, context, null, cancellationToken, count);
        if (Volatile.Read(ref _state) is not { } state)
            return LoadThenPredictRowsAsync(rows, count, scores, context, cancellationToken);
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<PredictionResult>(cancellationToken);
        var begin = metrics.Timed || state.IsTimed || ServingMetrics.Activities.HasListeners() ? Stopwatch.GetTimestamp() : 0;
        var terms = new RowTerms(Deadline(context.Timeout ?? options.RequestTimeout), cancellationToken, context.Priority, context.Caller);
        while (true)
        {
            var share = state.Router.Choose(context.Key);
            var call = new RowsCall(this, state, share, rows, count, scores, context, begin);
            var waiting = state.Versions[share].Engine.StartRows(rows.Span, count, scores, terms, call, out var answer);
            if (waiting is not null)
                return new(waiting, waiting.Version);
            if (answer.Status != PredictionStatus.Retired)
                return new(call.Finish(answer));
            var current = Volatile.Read(ref _state);
            if (current is null || current == state)
                return LoadThenPredictRowsAsync(rows, count, scores, context, cancellationToken);
            state = current;
        }
    }

    private long Deadline(TimeSpan? timeout) =>
        timeout is { } wait ? context.Clock.GetTimestamp() + Math.Max(0, (long)(wait.TotalSeconds * context.Clock.TimestampFrequency)) : 0;

    /// <summary>The answer of a call that nobody observes.</summary>
    internal PredictionResult Finish(in BatchAnswer answer, EndpointState state, int share)
    {
        var version = state.Versions[share];
        return answer.Status == PredictionStatus.Ok
            ? new PredictionResult(PredictionStatus.Ok, version.Version, state.Variants[share], PredictionId.New(), version.Engine.OutputWidth)
            : Refuse(answer, version, state.Variants[share], version.Engine.InputWidth);
    }

    /// <summary>The answer of a request of several rows: each is logged and mirrored by itself, under one identity.</summary>
    internal PredictionResult FinishRows(
        in BatchAnswer answer, EndpointState state, int share, ReadOnlyMemory<float> rows, int count, Memory<float> scores, in PredictionContext request, long begin)
    {
        var (width, outputs) = (state.Versions[share].Engine.InputWidth, state.Versions[share].Engine.OutputWidth);
        if (answer.Status != PredictionStatus.Ok)
        {
            state.Trial?.Refused(share, answer.Status);
            return RefuseRows(answer, state.Versions[share], state.Variants[share], rows.Length, count);
        }

        var each = request with { Id = request.Id ?? PredictionId.New() };
        if (sinks.Length > 0 || state.Shadow is not null)
        {
            for (var i = 0; i < count; i++)
                Finish(answer, state, share, rows.Slice(i * width, width), scores.Slice(i * outputs, outputs), each, 0);
        }

        state.Trial?.Answered(share, request.Key, each.Id.Value, begin);
        if (begin != 0)
            Observe(state.Versions[share], state.Variants[share], begin);
        return new PredictionResult(PredictionStatus.Ok, state.Versions[share].Version, state.Variants[share], each.Id.Value, count * outputs);
    }

    private PredictionResult RefuseRows(in BatchAnswer answer, ServedVersion version, string variant, int length, int count)
    {
        var width = version.Engine.InputWidth;
        if (answer.Status != PredictionStatus.InvalidInput)
            return Refuse(answer, version, variant, length);
        if (answer.Detail < 0)
        {
            metrics.Refused(Name, answer.Status);
            return new PredictionResult(
                answer.Status, version.Version, variant, default, 0, default,
                new InvalidInputException($"Endpoint '{Name}' ({version.VersionText}) takes {width} features a row; the request has {length} for {count} rows."));
        }

        var result = Refuse(new BatchAnswer(answer.Status, answer.Error, answer.Detail % width), version, variant, length);
        return result with { Error = new InvalidInputException($"Row {(answer.Detail / width) + 1} of {count}: {result.Error!.Message}") };
    }

    internal PredictionResult Finish(
        in BatchAnswer answer, EndpointState state, int share, ReadOnlyMemory<float> features, Memory<float> scores, in PredictionContext request, long begin,
        ActivityContext origin = default, ActivityContext batch = default, bool isCached = false)
    {
        var version = state.Versions[share];
        var variant = state.Variants[share];
        if (answer.Status != PredictionStatus.Ok)
        {
            state.Trial?.Refused(share, answer.Status);
            return Refuse(answer, version, variant, features.Length);
        }

        if (_caches && !isCached)
            version.Cache?.Add(features.Span, scores.Span[..version.Engine.OutputWidth]);
        var id = request.Id ?? PredictionId.New();
        if (sinks.Length > 0)
        {
            var record = new PredictionRecord
            {
                Endpoint = Name, Version = version.Version, Variant = variant, Id = id, Key = request.Key,
                Time = request.AsOf ?? Timestamp.From(context.Clock.GetUtcNow()), FeatureNames = version.Features, Features = features, Scores = scores[..version.Engine.OutputWidth],
            };
            foreach (var sink in sinks)
                sink.Record(record);
        }

        if (state.Shadow is { } shadow && state.Router.IsMirrored(request.Key))
            shadow.Mirror(features.Span, scores.Span[..version.Engine.OutputWidth], id, request.Key, begin);
        state.Trial?.Answered(share, request.Key, id, begin);
        if (begin != 0)
            Observe(version, variant, begin, origin, batch);
        return new PredictionResult(PredictionStatus.Ok, version.Version, variant, id, version.Engine.OutputWidth);
    }

    private ObservedCall Rent(EndpointState state, int share, ReadOnlyMemory<float> features, Memory<float> scores, in PredictionContext request, long begin)
    {
        var call = _calls.Rent() ?? new ObservedCall(this);
        call.Begin(state, share, features, scores, request, begin);
        return call;
    }

    internal void Return(ObservedCall call) => _calls.Return(call);

    private AnswerFinisher[] MakeFinishers(EndpointState state)
    {
        var finishers = new AnswerFinisher[state.Versions.Length];
        for (var share = 0; share < finishers.Length; share++)
            finishers[share] = new PlainCall(this, state, share);
        return state.Finishers = finishers;
    }

    private void Observe(ServedVersion version, string variant, long begin, ActivityContext origin = default, ActivityContext batch = default)
    {
        var duration = Stopwatch.GetElapsedTime(begin);
        if (metrics.Timed)
            metrics.Answered(Name, version.VersionText, variant, duration);
        if (!ServingMetrics.Activities.HasListeners())
            return;
        var end = TimeProvider.System.GetUtcNow();
        using var activity = ServingMetrics.Activities.StartActivity(
            "mlops.serving.predict", ActivityKind.Internal, origin, null, batch == default ? null : [new ActivityLink(batch)], end - duration);
        activity?.SetTag("mlops.endpoint", Name);
        activity?.SetTag("mlops.model.version", version.VersionText);
        activity?.SetTag("mlops.variant", variant);
        activity?.SetEndTime(end.UtcDateTime);
    }

    private PredictionResult Refuse(in BatchAnswer answer, ServedVersion version, string variant, int length)
    {
        metrics.Refused(Name, answer.Status);
        var error = answer.Error;
        var wait = TimeSpan.Zero;
        switch (answer.Status)
        {
            case PredictionStatus.Overloaded:
                wait = TimeSpan.FromTicks(answer.Detail);
                break;
            case PredictionStatus.InvalidInput when answer.Detail < 0 && version.Engine.InputWidth == 0:
                error = new InvalidInputException($"{version.VersionText} does not map rows of floats to rows of floats: ask endpoint '{Name}' with named tensors.");
                break;
            case PredictionStatus.InvalidInput when answer.Detail < 0:
                error = new InvalidInputException($"Endpoint '{Name}' ({version.VersionText}) takes {version.Engine.InputWidth} features; the request has {length}.");
                break;
            case PredictionStatus.InvalidInput:
                var feature = answer.Detail < version.Features.Count ? $"'{version.Features[(int)answer.Detail]}'" : $"number {answer.Detail + 1}";
                error = new InvalidInputException(
                    $"Feature {feature} of a request to endpoint '{Name}' is NaN or infinite. Send a finite number, or set BatchingOptions.MissingFeatures to Pass if the model knows missing values.");
                break;
        }

        return new PredictionResult(answer.Status, version.Version, variant, default, 0, wait, error);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<PredictionResult> ThrowingAsync(ValueTask<PredictionResult> task)
    {
        var result = await task.ConfigureAwait(false);
        result.ThrowIfNotOk();
        return result;
    }

    private async ValueTask<PredictionResult> LoadThenPredictAsync(
        ReadOnlyMemory<float> features, Memory<float> scores, PredictionContext context, CancellationToken cancellationToken)
    {
        await EnsureLoadedAsync(cancellationToken).ConfigureAwait(false);
        return await TryPredictAsync(features, scores, context, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<PredictionResult> LoadThenPredictRowsAsync(
        ReadOnlyMemory<float> rows, int count, Memory<float> scores, PredictionContext context, CancellationToken cancellationToken)
    {
        await EnsureLoadedAsync(cancellationToken).ConfigureAwait(false);
        return await TryPredictRowsAsync(rows, count, scores, context, cancellationToken).ConfigureAwait(false);
    }
}
