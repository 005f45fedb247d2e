using System.Threading.Tasks.Sources;

namespace MlOps.Serving;

/// <summary>A request in tensors, waiting or being run.</summary>
internal sealed class TensorRequest : IValueTaskSource<TensorAnswer>
{
    private const int Pending = 0;
    private const int Claimed = 1;
    private const int Cancelled = 2;

    private static readonly Action<object?, CancellationToken> OnCancelled = static (state, token) => ((TensorRequest)state!).Cancel(token);

    private ManualResetValueTaskSourceCore<TensorAnswer> _core;
    private CancellationTokenRegistration _registration;
    private int _state;

    public required IReadOnlyDictionary<string, ModelValue> Inputs { get; init; }

    public IReadOnlyCollection<string>? Outputs { get; init; }

    /// <summary>Where outputs go that the caller has memory for.</summary>
    public IReadOnlyDictionary<string, TensorValue>? Into { get; init; }

    public RowTerms Terms { get; init; }

    public CancellationToken Token => Terms.CancellationToken;

    /// <summary>The tensors in the plan's order; null where the engine makes them.</summary>
    public TensorValue?[] Values { get; set; } = [];

    /// <summary>Its part of a batch.</summary>
    public int Rows { get; set; } = 1;

    /// <summary>Its own length when it is ragged, otherwise 0.</summary>
    public int Length { get; set; }

    public ValueTask<TensorAnswer> Task => new(this, _core.Version);

    public void Register()
    {
        if (Token.CanBeCanceled)
            _registration = Token.UnsafeRegister(OnCancelled, this);
    }

    /// <summary>Takes the request into a batch; false when it was cancelled.</summary>
    public bool TryClaim() => Interlocked.CompareExchange(ref _state, Claimed, Pending) == Pending;

    public void Complete(in TensorAnswer answer, bool inline)
    {
        _core.RunContinuationsAsynchronously = !inline;
        if (answer.Error is OperationCanceledException cancelled && Token.IsCancellationRequested)
            _core.SetException(cancelled);
        else
            _core.SetResult(answer);
    }

    public TensorAnswer GetResult(short token)
    {
        _registration.Dispose();
        return _core.GetResult(token);
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
}
