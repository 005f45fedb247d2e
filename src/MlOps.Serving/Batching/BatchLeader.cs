namespace MlOps.Serving;

/// <summary>One of the seats that may run batches. A leader that blocks in a caller's continuation is deposed and its seat given to another.</summary>
internal sealed class BatchLeader(BatchEngine engine) : IThreadPoolWorkItem
{
    /// <summary>When it began to answer callers, in stopwatch ticks; 0 while it does not.</summary>
    public long AnsweringSince;

    /// <summary>The batch being answered.</summary>
    public BatchSlot? Answering;

    /// <summary>Set under the engine's lock; a deposed leader ends without giving up the seat.</summary>
    public bool Deposed;

    public void Execute() => engine.Lead(this);
}
