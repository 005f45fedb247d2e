namespace MlOps.Metadata;

/// <inheritdoc />
internal sealed class WriteRequest<T> : WriteRequest
{
    private readonly Func<IMetadataSession, CancellationToken, ValueTask<T>> _write;
    private readonly AsyncLocal<WriteScope?> _scope;
    private readonly TaskCompletionSource<T> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // The caller's flow: who is calling, and the current activity, reach the delegate on the writer's thread.
    private readonly ExecutionContext? _flow = ExecutionContext.Capture();
    private readonly CancellationToken _cancellation;
    private readonly CancellationTokenRegistration _registration;
    private T _result = default!;

    public WriteRequest(
        Func<IMetadataSession, CancellationToken, ValueTask<T>> write, AsyncLocal<WriteScope?> scope, CancellationToken cancellationToken)
    {
        _write = write;
        _scope = scope;
        _cancellation = cancellationToken;
        if (cancellationToken.CanBeCanceled)
        {
            _registration = cancellationToken.UnsafeRegister(
                _ =>
                {
                    if (TryWithdraw())
                        _completion.TrySetCanceled(cancellationToken);
                },
                null);
        }
    }

    public Task<T> Task => _completion.Task;

    public override void Run(SqliteSession session)
    {
        Error = null;
        Session = session;
        if (_flow is null)
            RunInFlow(session);
        else
            ExecutionContext.Run(_flow, _ => RunInFlow(session), null);
    }

    protected override void Complete()
    {
        _registration.Unregister();
        if (Error is not null)
        {
            Fail(Error);
            return;
        }

        Session?.NotifyCommitted();
        _completion.TrySetResult(_result);
    }

    public override void Fail(Exception error)
    {
        _registration.Unregister();
        if (error is OperationCanceledException cancelled)
            _completion.TrySetCanceled(_cancellation.IsCancellationRequested ? _cancellation : cancelled.CancellationToken);
        else
            _completion.TrySetException(error);
    }

    private void RunInFlow(SqliteSession session)
    {
        var scope = new WriteScope();
        _scope.Value = scope;
        try
        {
            var pending = _write(session, CancellationToken.None);
            // Delegates do nothing but statements, which end at once; one that waits for something else holds this thread of its own.
            _result = pending.IsCompletedSuccessfully ? pending.Result : pending.AsTask().GetAwaiter().GetResult();
        }
        catch (Exception exception)
        {
            Error = exception;
        }
        finally
        {
            scope.Active = false;
            session.Close();
        }
    }
}
