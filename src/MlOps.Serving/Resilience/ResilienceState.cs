using System.Collections.Concurrent;
using Polly;
using Polly.Hedging;

namespace MlOps.Serving;

/// <summary>What a resilient endpoint keeps in this process: a circuit per version, the hedging pipeline and the prepared fall-back chain.</summary>
internal sealed class ResilienceState
{
    private static readonly ResiliencePropertyKey<HedgedRequest> RequestKey = new("mlops.request");

    private readonly ConcurrentDictionary<ModelVersionRef, VersionCircuit> _circuits = new();
    private readonly Func<ModelVersionRef, VersionCircuit> _create;
    private readonly ResiliencePipeline<AttemptAnswer>? _hedging;
    private readonly Action<ModelVersionRef, CircuitState, CircuitState> _changed;

    public ResilienceState(ResilienceOptions options, TimeProvider clock, Action<ModelVersionRef, CircuitState, CircuitState> changed)
    {
        Options = options;
        _changed = changed;
        _create = version => new VersionCircuit(version, options, clock, changed);
        if (options.Hedging is not { } hedging)
            return;
        _hedging = new ResiliencePipelineBuilder<AttemptAnswer> { TimeProvider = clock }.AddHedging(new HedgingStrategyOptions<AttemptAnswer>
        {
            MaxHedgedAttempts = 1,
            Delay = hedging.Delay,
            ShouldHandle = arguments => new(IsWorthAnother(arguments.Outcome)),
            ActionGenerator = arguments =>
            {
                var hedged = arguments.PrimaryContext.Properties.GetValue(RequestKey, null!);
                var token = arguments.ActionContext.CancellationToken;
                return () => CatchAsync(hedged.Second, token, isHedge: true);
            },
        }).Build();
    }

    public ResilienceOptions Options { get; }

    /// <summary>The chain for one revision of the traffic; null until it was prepared.</summary>
    public PreparedFallbacks? Prepared { get; set; }

    public SemaphoreSlim Preparing { get; } = new(1, 1);

    /// <summary>Versions loaded only to fall back to.</summary>
    public Dictionary<ModelVersionRef, ModelLease> Own { get; } = [];

    public IReadOnlyList<CircuitStatus> Circuits => Options.Circuit is null ? [] :
        [.. _circuits.Values.Select(circuit => new CircuitStatus(circuit.Version, circuit.State)).OrderBy(status => status.Version.ToString(), StringComparer.Ordinal)];

    public VersionCircuit CircuitOf(ModelVersionRef version) => _circuits.GetOrAdd(version, _create);

    /// <summary>Forgets the circuits of versions that are asked no more.</summary>
    public void KeepCircuits(IEnumerable<ModelVersionRef> versions)
    {
        var kept = versions.ToHashSet();
        foreach (var version in _circuits.Keys)
        {
            if (!kept.Contains(version) && _circuits.TryRemove(version, out var circuit) && circuit.State is var state and not CircuitState.Closed)
                _changed(version, state, CircuitState.Closed);
        }
    }

    /// <summary>Asks <paramref name="first"/>, and <paramref name="second"/> beside it when it is slow or fails.</summary>
    public async ValueTask<AttemptAnswer> HedgeAsync(
        Func<CancellationToken, ValueTask<AttemptAnswer>> first, Func<CancellationToken, ValueTask<AttemptAnswer>> second, CancellationToken cancellationToken)
    {
        if (_hedging is null)
            return await first(cancellationToken).ConfigureAwait(false);
        var context = ResilienceContextPool.Shared.Get(cancellationToken);
        context.Properties.Set(RequestKey, new HedgedRequest(second));
        try
        {
            var outcome = await _hedging.ExecuteOutcomeAsync(
                static (inner, ask) => CatchAsync(ask, inner.CancellationToken, isHedge: false), context, first).ConfigureAwait(false);
            outcome.ThrowIfException();
            return outcome.Result;
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    private static bool IsWorthAnother(Outcome<AttemptAnswer> outcome) => outcome.Exception is null
        ? outcome.Result.Status is not (PredictionStatus.Ok or PredictionStatus.InvalidInput)
        : outcome.Exception is not (OperationCanceledException or NotFoundException);

    private static async ValueTask<Outcome<AttemptAnswer>> CatchAsync(
        Func<CancellationToken, ValueTask<AttemptAnswer>> ask, CancellationToken cancellationToken, bool isHedge)
    {
        try
        {
            return Outcome.FromResult(await ask(cancellationToken).ConfigureAwait(false) with { IsHedge = isHedge });
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            return Outcome.FromException<AttemptAnswer>(error);
        }
    }

    private sealed record HedgedRequest(Func<CancellationToken, ValueTask<AttemptAnswer>> Second);
}
