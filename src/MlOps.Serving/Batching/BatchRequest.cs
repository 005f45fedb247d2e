using System.Threading.Tasks.Sources;

namespace MlOps.Serving;

/// <summary>
/// A waiting row: a value-task source that belongs to a place of a batch and is used again with it, once its caller has taken the answer.
/// It gives the engine's answer or, by its finisher, the endpoint's.
/// </summary>
internal sealed class BatchRequest : IValueTaskSource<BatchAnswer>, IValueTaskSource<PredictionResult>
{
    private const int Pending = 0;
    private const int Claimed = 1;
    private const int Cancelled = 2;

    private static readonly Action<object?, CancellationToken> OnCancelled = static (state, token) => ((BatchRequest)state!).Cancel(token);

    private ManualResetValueTaskSourceCore<bool> _core;
    private CancellationTokenRegistration _registration;
    private AnswerFinisher? _finisher;
    private BatchAnswer _answer;
    private int _state;
    private bool _cancellable;
    private bool _taken = true;

    /// <summary>Whether its last caller is done with it.</summary>
    public bool IsFree => Volatile.Read(ref _taken);

    public Memory<float> Destination { get; private set; }

    public long Deadline { get; private set; }

    public short Version => _core.Version;

    public void Begin(Memory<float> destination, long deadline, bool cancellable, AnswerFinisher? finisher)
    {
        _taken = false;
        Destination = destination;
        Deadline = deadline;
        _finisher = finisher;
        _cancellable = cancellable;
        _state = Pending;
    }

    // Safe after the row was queued: the request cannot be reused before its caller holds the value task that it awaits.
    public void Register(CancellationToken cancellationToken) =>
        _registration = cancellationToken.UnsafeRegister(OnCancelled, this);

    /// <summary>Takes the row into a batch; false when it was cancelled, after which the engine must not touch it.</summary>
    public bool TryClaim() => !_cancellable || Interlocked.CompareExchange(ref _state, Claimed, Pending) == Pending;

    /// <summary>The answer is there; callers may continue on this thread.</summary>
    public void Complete(bool inline)
    {
        if (_finisher is { Observes: true } finisher)
            finisher.Answered(_answer);
        _core.RunContinuationsAsynchronously = !inline;
        _core.SetResult(true);
    }

    /// <summary>It ended otherwise than well.</summary>
    public void Complete(in BatchAnswer answer, bool inline)
    {
        _answer = answer;
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

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    private BatchAnswer Take(short token, out AnswerFinisher? finisher)
    {
        if (_core.GetStatus(token) == ValueTaskSourceStatus.Pending)
            throw new InvalidOperationException("The prediction's result was asked for before it was there; await the task, once.");
        if (_cancellable)
        {
            _registration.Dispose();
            _registration = default;
        }

        try
        {
            _core.GetResult(token);
            finisher = _finisher;
            return _answer;
        }
        finally
        {
            if (_answer.Status != PredictionStatus.Ok)
                _answer = default;
            Destination = default;
            _core.Reset();
            Volatile.Write(ref _taken, true);
        }
    }

    private void Cancel(CancellationToken cancellationToken)
    {
        if (Interlocked.CompareExchange(ref _state, Cancelled, Pending) != Pending)
            return;
        _core.RunContinuationsAsynchronously = true;
        _core.SetException(new OperationCanceledException(cancellationToken));
    }
}
