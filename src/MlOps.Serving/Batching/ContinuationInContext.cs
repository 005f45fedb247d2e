using System.Threading.Tasks.Sources;

namespace MlOps.Serving;

/// <summary>A continuation that wants the context in which it was left: a user interface's thread, a scheduler, or flowing values.</summary>
internal sealed class ContinuationInContext
{
    private static readonly Action<object?> RunIt = static state => ((ContinuationInContext)state!).Run();

    private readonly Action<object?> _continuation;
    private readonly object? _state;
    private readonly ExecutionContext? _values;
    private readonly SynchronizationContext? _synchronization;
    private readonly TaskScheduler? _scheduler;

    private ContinuationInContext(
        Action<object?> continuation, object? state, ExecutionContext? values, SynchronizationContext? synchronization, TaskScheduler? scheduler)
    {
        _continuation = continuation;
        _state = state;
        _values = values;
        _synchronization = synchronization;
        _scheduler = scheduler;
    }

    /// <summary>The continuation itself where no context is to be kept, which is the usual case and allocates nothing.</summary>
    public static (Action<object?> Continuation, object? State) Wrap(Action<object?> continuation, object? state, ValueTaskSourceOnCompletedFlags flags)
    {
        var values = (flags & ValueTaskSourceOnCompletedFlags.FlowExecutionContext) != 0 ? ExecutionContext.Capture() : null;
        SynchronizationContext? synchronization = null;
        TaskScheduler? scheduler = null;
        if ((flags & ValueTaskSourceOnCompletedFlags.UseSchedulingContext) != 0)
        {
            synchronization = SynchronizationContext.Current;
            if (synchronization is not null && synchronization.GetType() == typeof(SynchronizationContext))
                synchronization = null;
            if (synchronization is null && TaskScheduler.Current is var current && current != TaskScheduler.Default)
                scheduler = current;
        }

        return values is null && synchronization is null && scheduler is null
            ? (continuation, state)
            : (RunIt, new ContinuationInContext(continuation, state, values, synchronization, scheduler));
    }

    private void Run()
    {
        if (_synchronization is not null)
            _synchronization.Post(static state => ((ContinuationInContext)state!).Continue(), this);
        else if (_scheduler is not null)
            _ = Task.Factory.StartNew(static state => ((ContinuationInContext)state!).Continue(), this, CancellationToken.None, TaskCreationOptions.DenyChildAttach, _scheduler);
        else
            Continue();
    }

    private void Continue()
    {
        if (_values is null)
            _continuation(_state);
        else
            ExecutionContext.Run(_values, static state => Call((ContinuationInContext)state!), this);
    }

    private static void Call(ContinuationInContext continuation) => continuation._continuation(continuation._state);
}
