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
        ReadOnlyMemory<float> features, Memory<float> scores, PredictionContext context = default, CancellationToken cancellationToken = default)
    {
        if (Volatile.Read(ref _state) is not { } state)
            return LoadThenPredictAsync(features, scores, context, cancellationToken);
        var begin = metrics.Timed || ServingMetrics.Activities.HasListeners() ? Stopwatch.GetTimestamp() : 0;
        var deadline = Deadline(context.Timeout ?? options.RequestTimeout);
        while (true)
        {
            var share = state.Router.Choose(context.Key);
            var version = state.Versions[share];
            var task = version.Engine.PredictAsync(features.Span, scores, deadline, cancellationToken);
            if (!task.IsCompletedSuccessfully)
                return AwaitAsync(task, state, share, features, scores, context, begin);
            var answer = task.Result;
            if (answer.Status != PredictionStatus.Retired)
                return new(Finish(answer, state, share, features, scores, context, begin));

            // The snapshot was replaced between reading it and asking its engine; the new one is there before the old engine is retired.
            var current = Volatile.Read(ref _state);
            if (current is null || current == state)
                return LoadThenPredictAsync(features, scores, context, cancellationToken);
            state = current;
        }
    }

    private long Deadline(TimeSpan? timeout) =>
        timeout is { } wait ? context.Clock.GetTimestamp() + Math.Max(0, (long)(wait.TotalSeconds * context.Clock.TimestampFrequency)) : 0;

    private PredictionResult Finish(
        in BatchAnswer answer, EndpointState state, int share, ReadOnlyMemory<float> features, Memory<float> scores, in PredictionContext request, long begin)
    {
        var version = state.Versions[share];
        var variant = state.Variants[share];
        if (answer.Status != PredictionStatus.Ok)
            return Refuse(answer, version, variant, features.Length);
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
            shadow.Mirror(features.Span, id, request.Key);
        if (begin != 0)
            Observe(version, variant, begin);
        return new PredictionResult(PredictionStatus.Ok, version.Version, variant, id, version.Engine.OutputWidth);
    }

    private void Observe(ServedVersion version, string variant, long begin)
    {
        var duration = Stopwatch.GetElapsedTime(begin);
        if (metrics.Timed)
            metrics.Answered(Name, version.VersionText, variant, duration);
        if (!ServingMetrics.Activities.HasListeners())
            return;
        var end = TimeProvider.System.GetUtcNow();
        using var activity = ServingMetrics.Activities.StartActivity("mlops.serving.predict", ActivityKind.Internal, default(ActivityContext), null, null, end - duration);
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
    private async ValueTask<PredictionResult> AwaitAsync(
        ValueTask<BatchAnswer> task, EndpointState state, int share, ReadOnlyMemory<float> features, Memory<float> scores, PredictionContext request, long begin) =>
        Finish(await task.ConfigureAwait(false), state, share, features, scores, request, begin);

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
}
