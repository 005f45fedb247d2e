using System.Threading.Tasks.Sources;

namespace MlOps.Serving;

/// <summary>A waiting row: a pooled value-task source. It returns to its engine's pool when both the caller and the engine are done with it.</summary>
internal sealed class BatchRequest(BatchEngine owner) : IValueTaskSource<BatchAnswer>
{
    private const int Pending = 0;
    private const int Claimed = 1;
    private const int Cancelled = 2;
    private const int CancelledAndRead = 3;
    private const int CancelledAndDropped = 4;

    private static readonly Action<object?, CancellationToken> OnCancelled = static (state, token) => ((BatchRequest)state!).Cancel(token);

    private ManualResetValueTaskSourceCore<BatchAnswer> _core;
    private CancellationTokenRegistration _registration;
    private int _state;
    private bool _cancellable;

    /// <summary>Links free requests.</summary>
    public BatchRequest? Next { get; set; }

    public Memory<float> Destination { get; private set; }

    public long Deadline { get; private set; }

    public short Version => _core.Version;

    public void Begin(Memory<float> destination, long deadline, bool cancellable)
    {
        Destination = destination;
        Deadline = deadline;
        _cancellable = cancellable;
        _state = Pending;
    }

    // Safe after the row was queued: the request cannot be reused before its caller holds the value task that it awaits.
    public void Register(CancellationToken cancellationToken) =>
        _registration = cancellationToken.UnsafeRegister(OnCancelled, this);

    /// <summary>Takes the row into a batch; false when it was cancelled, after which the engine must not touch it.</summary>
    public bool TryClaim()
    {
        if (!_cancellable)
            return true;
        if (Interlocked.CompareExchange(ref _state, Claimed, Pending) == Pending)
            return true;
        if (Interlocked.CompareExchange(ref _state, CancelledAndDropped, Cancelled) == CancelledAndRead)
            Recycle();
        return false;
    }

    public void Complete(in BatchAnswer answer, bool inline)
    {
        _core.RunContinuationsAsynchronously = !inline;
        _core.SetResult(answer);
    }

    public BatchAnswer GetResult(short token)
    {
        if (_cancellable)
        {
            _registration.Dispose();
            _registration = default;
        }

        try
        {
            return _core.GetResult(token);
        }
        finally
        {
            if (!_cancellable || Interlocked.CompareExchange(ref _state, CancelledAndRead, Cancelled) != Cancelled)
                Recycle();
        }
    }

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    private void Cancel(CancellationToken cancellationToken)
    {
        if (Interlocked.CompareExchange(ref _state, Cancelled, Pending) != Pending)
            return;
        _core.RunContinuationsAsynchronously = true;
        _core.SetException(new OperationCanceledException(cancellationToken));
    }

    private void Recycle()
    {
        Destination = default;
        _core.Reset();
        owner.Return(this);
    }
}
