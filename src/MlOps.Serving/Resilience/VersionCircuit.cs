using Polly;
using Polly.CircuitBreaker;
using Polly.Timeout;

namespace MlOps.Serving;

/// <summary>What stands between an endpoint and one version: circuit breaker outside, timeout inside, so that timeouts open the circuit.</summary>
internal sealed class VersionCircuit
{
    private readonly ResiliencePipeline<AttemptAnswer> _pipeline;
    private readonly CircuitBreakerStateProvider _state = new();
    private readonly TimeSpan _pause;
    private readonly bool _hasCircuit;
    private CircuitState _reported;

    public VersionCircuit(ModelVersionRef version, ResilienceOptions options, TimeProvider clock, Action<ModelVersionRef, CircuitState, CircuitState> changed)
    {
        Version = version;
        var builder = new ResiliencePipelineBuilder<AttemptAnswer> { TimeProvider = clock };
        if (options.Circuit is { } circuit)
        {
            _pause = circuit.Pause;
            _hasCircuit = true;
            builder.AddCircuitBreaker(new CircuitBreakerStrategyOptions<AttemptAnswer>
            {
                FailureRatio = circuit.FailureShare,
                MinimumThroughput = circuit.MinimumRequests,
                SamplingDuration = circuit.Window,
                BreakDuration = circuit.Pause,
                StateProvider = _state,
                ShouldHandle = arguments => new(IsFailure(arguments)),
                OnOpened = _ => Report(CircuitState.Open),
                OnClosed = _ => Report(CircuitState.Closed),
                OnHalfOpened = _ => Report(CircuitState.HalfOpen),
            });
        }

        if (options.Timeout is { } timeout)
            builder.AddTimeout(new TimeoutStrategyOptions { Timeout = timeout });
        _pipeline = builder.Build();

        // The breaker reports its changes one at a time, under its own lock.
        ValueTask Report(CircuitState state)
        {
            changed(version, _reported, state);
            _reported = state;
            return default;
        }
    }

    public ModelVersionRef Version { get; }

    public CircuitState State => !_hasCircuit ? CircuitState.Closed : _state.CircuitState switch
    {
        Polly.CircuitBreaker.CircuitState.Closed => CircuitState.Closed,
        Polly.CircuitBreaker.CircuitState.HalfOpen => CircuitState.HalfOpen,
        _ => CircuitState.Open,
    };

    private bool IsHalfOpen => State == CircuitState.HalfOpen;

    /// <summary>Asks the version once. Only the caller's own cancellation throws.</summary>
    public async ValueTask<AttemptAnswer> AskAsync(ResilientRequest request, ServedVersion version, int[]? projection, CancellationToken cancellationToken)
    {
        var context = ResilienceContextPool.Shared.Get(cancellationToken);
        var attempt = new Attempt(request, version, projection);
        context.Properties.Set(Attempt.Key, attempt);
        try
        {
            var outcome = await _pipeline.ExecuteOutcomeAsync(
                static async (inner, given) =>
                {
                    try
                    {
                        return Outcome.FromResult(await given.Request.AskAsync(given.Version, given.Projection, inner.CancellationToken).ConfigureAwait(false));
                    }
                    catch (Exception error) when (error is not OutOfMemoryException)
                    {
                        return Outcome.FromException<AttemptAnswer>(error);
                    }
                },
                context,
                attempt).ConfigureAwait(false);
            var answer = outcome.Exception switch
            {
                null => outcome.Result with { Reason = outcome.Result.Status == PredictionStatus.Ok ? "" : AnswerReasons.Of(outcome.Result.Status) },
                BrokenCircuitException broken => new AttemptAnswer(
                    PredictionStatus.Overloaded,
                    new OverloadedException($"{version.VersionText} is not asked after too many failures (its circuit is open). Retry later, or give the endpoint a fall-back.", broken.RetryAfter ?? _pause),
                    (broken.RetryAfter ?? _pause).Ticks) { Reason = AnswerReasons.CircuitOpen },
                TimeoutRejectedException late => new AttemptAnswer(
                    PredictionStatus.DeadlineExceeded,
                    new DeadlineExceededException($"{version.VersionText} did not answer within {late.Timeout.TotalMilliseconds:0} ms. Raise ResilienceOptions.Timeout, add capacity, or give the endpoint a fall-back."))
                { Reason = AnswerReasons.Timeout },
                ArgumentException wrong => throw wrong,
                OperationCanceledException cancelled => throw new OperationCanceledException(cancelled.Message, cancelled, cancellationToken),
                { } error => new AttemptAnswer(PredictionStatus.Failed, error) { Reason = AnswerReasons.Failed },
            };
            return answer with { Version = version };
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    // A hedged request that lost its race was too slow; as a probe, whatever is no answer proves nothing and keeps the circuit open.
    private bool IsFailure(CircuitBreakerPredicateArguments<AttemptAnswer> arguments) => arguments.Outcome.Exception switch
    {
        OperationCanceledException => IsHalfOpen || !arguments.Context.Properties.GetValue(Attempt.Key, null!).Request.IsCancelledByCaller,
        ArgumentException => false,
        not null => true,
        _ => arguments.Outcome.Result.Status switch
        {
            PredictionStatus.Failed => true,
            PredictionStatus.Overloaded or PredictionStatus.DeadlineExceeded => IsHalfOpen,
            _ => false,
        },
    };

    private sealed record Attempt(ResilientRequest Request, ServedVersion Version, int[]? Projection)
    {
        public static readonly ResiliencePropertyKey<Attempt> Key = new("mlops.attempt");
    }
}
