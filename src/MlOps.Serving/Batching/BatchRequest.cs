using System.Diagnostics;
using System.Threading.Tasks.Sources;

namespace MlOps.Serving;

/// <summary>
/// A waiting row: a value-task source that belongs to a place of a batch and is used again with it, once its caller has taken the answer.
/// It gives the engine's answer or, by its finisher, the endpoint's.
/// </summary>
internal sealed class BatchRequest : IValueTaskSource<BatchAnswer>, IValueTaskSource<PredictionResult>
{
    private const byte Pending = 0;
    private const byte Claimed = 1;
    private const byte Cancelled = 2;

    private static readonly Action<object?> Completed = static _ => throw new UnreachableException();
    private static readonly Action<object?, CancellationToken> OnCancelled = static (state, token) => ((BatchRequest)state!).Cancel(token);

    // What every answer touches stands first; a request should cost few cache lines.
    private Action<object?>? _continuation;
    private object? _continuationState;
    private AnswerFinisher? _finisher;
    private Memory<float> _destination;
    private Rare? _rare;
    private long _turn;
    private int _state;
    private short _version;
    private bool _completed;
    private bool _taken = true;
    private bool _hasTerms;
    private bool _failed;

    /// <summary>Whether its last caller is done with it.</summary>
    public bool IsFree => Volatile.Read(ref _taken);

    public Span<float> Destination => _destination.Span;

    public long Deadline => _hasTerms ? _rare!.Deadline : 0;

    public short Version => _version;

    /// <summary>The activity of its caller, if somebody listens.</summary>
    public ActivityContext Origin => _finisher?.Origin ?? default;

    public void NoteBatch(ActivityContext batch) => _finisher?.NoteBatch(batch);

    /// <summary>Begins to wait.</summary>
    /// <param name="destination">Where the scores go.</param>
    /// <param name="terms">What the row asks.</param>
    /// <param name="finisher">Makes the endpoint's answer, if somebody asks for that.</param>
    /// <param name="turn">The turn of the leader on whose thread the row joined that leader's own batch; 0 for other batches.</param>
    public void Begin(Memory<float> destination, in RowTerms terms, AnswerFinisher? finisher, long turn = 0)
    {
        _taken = false;
        _turn = turn;
        _destination = destination;
        _finisher = finisher;
        _hasTerms = terms.MayEnd;
        if (_hasTerms)
            BeginRare(terms);
    }

    // Safe after the row was queued: the request cannot be reused before its caller holds the value task that it awaits.
    public void Register(CancellationToken cancellationToken) =>
        _rare!.Registration = cancellationToken.UnsafeRegister(OnCancelled, this);

    /// <summary>Takes the row into a batch; false when it was cancelled, after which the engine must not touch it.</summary>
    public bool TryClaim()
    {
        if (_finisher is RowGroup { IsCancelled: true } group)
        {
            Free();
            group.Drop(inline: false);
            return false;
        }

        return !_hasTerms || Interlocked.CompareExchange(ref _state, Claimed, Pending) == Pending;
    }

    /// <summary>The answer is there; callers may continue on this thread.</summary>
    public void Complete(bool inline)
    {
        if (_finisher is { Observes: true } finisher)
        {
            var answer = _failed ? _rare!.Answer : default;
            if (finisher.Takes)
            {
                // Nobody reads this request; it is free again before its group's caller continues.
                _failed = false;
                Free();
                finisher.Answered(answer, inline);
                return;
            }

            finisher.Answered(answer, inline);
        }

        Volatile.Write(ref _completed, true);
        var continuation = Volatile.Read(ref _continuation) ?? Interlocked.CompareExchange(ref _continuation, Completed, null);
        if (continuation is null)
            return;
        if (inline)
            continuation(_continuationState);
        else
            ThreadPool.UnsafeQueueUserWorkItem(continuation, _continuationState, preferLocal: true);
    }

    /// <summary>It ended otherwise than well.</summary>
    public void Complete(in BatchAnswer answer, bool inline)
    {
        if (answer.Status != PredictionStatus.Ok)
        {
            (_rare ??= new Rare()).Answer = answer;
            _failed = true;
        }

        Complete(inline);
    }

    BatchAnswer IValueTaskSource<BatchAnswer>.GetResult(short token) => Take(token, out _);

    PredictionResult IValueTaskSource<PredictionResult>.GetResult(short token) => GetPrediction(token);

    /// <summary>The endpoint's answer.</summary>
    public PredictionResult GetPrediction(short token)
    {
        var answer = Take(token, out var finisher);
        return finisher!.Finish(answer);
    }

    public ValueTaskSourceStatus GetStatus(short token)
    {
        if (token != _version)
            ThrowMisused();
        return !Volatile.Read(ref _completed) ? ValueTaskSourceStatus.Pending : _failed && _rare!.Cancelled is not null ? ValueTaskSourceStatus.Canceled : ValueTaskSourceStatus.Succeeded;
    }

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
    {
        if (token != _version)
            ThrowMisused();
        if (flags != ValueTaskSourceOnCompletedFlags.None)
            (continuation, state) = ContinuationInContext.Wrap(continuation, state, flags);
        _continuationState = state;
        if (TryLeaveWithLeader(continuation))
            return;
        var before = Interlocked.CompareExchange(ref _continuation, continuation, null);
        if (before is null)
            return;
        if (before != Completed)
            ThrowMisused();
        ThreadPool.UnsafeQueueUserWorkItem(continuation, state, preferLocal: true);
    }

    // As long as the leader answers on this thread, nobody completes the rows of the batch that it forms, so that no compare-exchange is
    // needed. When it is deposed, that waits for Joining. Cancellations come at any time, from anywhere.
    private bool TryLeaveWithLeader(Action<object?> continuation)
    {
        if (_turn == 0 || _hasTerms || BatchLeader.Current is not { } leader || leader.Turn != _turn)
            return false;
        Volatile.Write(ref leader.Joining, true);
        var leaves = !Volatile.Read(ref leader.Deposed) && _continuation is null;
        if (leaves)
            _continuation = continuation;
        Volatile.Write(ref leader.Joining, false);
        return leaves;
    }

    private static void ThrowMisused() => throw new InvalidOperationException("A prediction's task may be awaited once, and not after that.");

    private void BeginRare(in RowTerms terms)
    {
        var rare = _rare ??= new Rare();
        rare.Deadline = terms.Deadline;
        _state = Pending;
    }

    private BatchAnswer Take(short token, out AnswerFinisher? finisher)
    {
        if (token != _version || !_completed)
            ThrowMisused();
        finisher = _finisher;
        if (_hasTerms || _failed)
            return TakeRare();
        Free();
        return default;
    }

    private BatchAnswer TakeRare()
    {
        var rare = _rare!;
        if (_hasTerms)
        {
            rare.Registration.Dispose();
            rare.Registration = default;
        }

        var answer = _failed ? rare.Answer : default;
        var cancelled = rare.Cancelled;
        rare.Answer = default;
        rare.Cancelled = null;
        _failed = false;
        Free();
        return cancelled is null ? answer : throw cancelled;
    }

    private void Free()
    {
        _destination = default;
        _continuationState = null;
        _continuation = null;
        _completed = false;
        _version++;
        Volatile.Write(ref _taken, true);
    }

    private void Cancel(CancellationToken cancellationToken)
    {
        if (Interlocked.CompareExchange(ref _state, Cancelled, Pending) == Pending)
            CompleteCancelled(cancellationToken);
    }

    /// <summary>It was cancelled before it was computed.</summary>
    public void CompleteCancelled(CancellationToken cancellationToken = default)
    {
        (_rare ??= new Rare()).Cancelled = new OperationCanceledException(cancellationToken);
        _failed = true;
        Volatile.Write(ref _completed, true);
        if ((Volatile.Read(ref _continuation) ?? Interlocked.CompareExchange(ref _continuation, Completed, null)) is { } continuation)
            ThreadPool.UnsafeQueueUserWorkItem(continuation, _continuationState, preferLocal: true);
    }

    /// <summary>What most requests never need.</summary>
    private sealed class Rare
    {
        public long Deadline;
        public CancellationTokenRegistration Registration;
        public BatchAnswer Answer;
        public OperationCanceledException? Cancelled;
    }
}
