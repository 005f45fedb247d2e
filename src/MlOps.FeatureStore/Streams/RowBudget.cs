namespace MlOps.Features;

/// <summary>Bounds the rows of a partition that are on their way. One taker, any number of givers.</summary>
internal sealed class RowBudget(long most)
{
    private readonly Lock _gate = new();
    private TaskCompletionSource? _waiting;
    private TaskCompletionSource? _usedUp;
    private long _taken;

    /// <summary>Whether the taker waits for room.</summary>
    public bool IsUsedUp
    {
        get
        {
            lock (_gate)
                return _waiting is not null;
        }
    }

    /// <summary>Ends when the taker waits for room.</summary>
    public Task UsedUp()
    {
        lock (_gate)
        {
            if (_waiting is not null)
                return Task.CompletedTask;
            _usedUp ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _usedUp.Task;
        }
    }

    /// <summary>Takes room for rows; waits until there is some. More rows than there ever is room for are let through alone.</summary>
    public async ValueTask TakeAsync(int rows, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task room;
            lock (_gate)
            {
                if (_taken == 0 || _taken + rows <= most)
                {
                    _taken += rows;
                    return;
                }

                _waiting ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                room = _waiting.Task;
                _usedUp?.TrySetResult();
                _usedUp = null;
            }

            await room.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public void Give(int rows)
    {
        TaskCompletionSource? waiting;
        lock (_gate)
        {
            _taken -= rows;
            waiting = _waiting;
            _waiting = null;
        }

        waiting?.SetResult();
    }
}
