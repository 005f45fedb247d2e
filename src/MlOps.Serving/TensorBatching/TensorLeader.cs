namespace MlOps.Serving;

/// <summary>One of the seats that may run batches of tensors. A leader that blocks is deposed and its seat given to another.</summary>
internal sealed class TensorLeader(TensorEngine engine) : IThreadPoolWorkItem
{
    /// <summary>When it began to run a batch, in the engine's clock; 0 while it does not.</summary>
    public long RunningSince;

    /// <summary>When it began to answer callers; 0 while it does not.</summary>
    public long AnsweringSince;

    /// <summary>The batch being run or answered.</summary>
    public TensorBatch? Batch;

    /// <summary>Ends the run in progress early, if it can; guarded by the batch's lock.</summary>
    public Action? Cancel;

    /// <summary>Set under the engine's lock; a deposed leader ends without giving up the seat.</summary>
    public bool Deposed;

    public void Execute() => engine.Lead(this);
}
