namespace MlOps.Metadata;

/// <summary>A write that waits for its turn.</summary>
internal abstract class WriteRequest
{
    private const int Waiting = 0;
    private const int Started = 1;
    private const int Withdrawn = 2;
    private int _state;

    /// <summary>What the delegate threw in its last run.</summary>
    public Exception? Error { get; protected set; }

    /// <summary>Its turn has come; false when its caller has cancelled it. True again when the batch is run again.</summary>
    public bool TryStart() => Interlocked.CompareExchange(ref _state, Started, Waiting) != Withdrawn;

    /// <summary>Cancels the request when it has not been started.</summary>
    public bool TryWithdraw() => Interlocked.CompareExchange(ref _state, Withdrawn, Waiting) == Waiting;

    /// <summary>The session of the last run.</summary>
    public SqliteSession? Session { get; protected set; }

    /// <summary>Runs the delegate to its end; never throws.</summary>
    public abstract void Run(SqliteSession session);

    /// <summary>Hands the result of the last run to the caller; nothing for a request that was cancelled before its turn.</summary>
    public void CompleteIfStarted()
    {
        if (Volatile.Read(ref _state) == Started)
            Complete();
    }

    public abstract void Fail(Exception error);

    protected abstract void Complete();
}
