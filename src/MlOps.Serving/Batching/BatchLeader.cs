namespace MlOps.Serving;

/// <summary>One of the seats that may run batches. A leader that blocks in a caller's continuation is deposed and its seat given to another.</summary>
internal sealed class BatchLeader(BatchEngine engine) : IThreadPoolWorkItem
{
    /// <summary>The leader that answers callers on this thread. What those ask for next needs no lock, because this thread alone forms that batch.</summary>
    [ThreadStatic]
    public static BatchLeader? Current;

    public BatchEngine Engine => engine;

    /// <summary>The batch that callers join who continue on the leader's thread.</summary>
    public BatchSlot? Forming;

    /// <summary>True while a row is being put into <see cref="Forming"/>.</summary>
    public bool Joining;

    /// <summary>When it began to answer callers, in stopwatch ticks; 0 while it does not.</summary>
    public long AnsweringSince;

    /// <summary>The batch being answered.</summary>
    public BatchSlot? Answering;

    /// <summary>Set under the engine's lock; a deposed leader ends without giving up the seat.</summary>
    public bool Deposed;

    /// <summary>How far it had come with answering when it was deposed; what comes after is others' work.</summary>
    public int AnsweredWhenDeposed;

    public void Execute() => engine.Lead(this);
}
