using System.Diagnostics;

namespace MlOps.Serving;

/// <summary>One of the seats that may run batches. A leader that blocks in a caller's continuation is deposed and its seat given to another.</summary>
internal sealed class BatchLeader(BatchEngine engine) : IThreadPoolWorkItem
{
    private const int ForgivenOnceIn = 32;

    /// <summary>The leader that answers callers on this thread. What those ask for next needs no lock, because this thread alone forms that batch.</summary>
    [ThreadStatic]
    public static BatchLeader? Current;

    private static long s_leaders;

    private int _batchesToForgive;

    public BatchEngine Engine => engine;

    /// <summary>The batch that callers join who continue on the leader's thread.</summary>
    public BatchSlot? Forming;

    /// <summary>Tells apart the times of answering of all leaders; 0 for none.</summary>
    public long Turn { get; private set; } = Interlocked.Increment(ref s_leaders) << 40;

    /// <summary>True while a row is being put into <see cref="Forming"/>, or its caller's continuation into its request.</summary>
    public bool Joining;

    /// <summary>When it began to answer callers, in stopwatch ticks; 0 while it does not.</summary>
    public long AnsweringSince;

    /// <summary>The batch being answered.</summary>
    public BatchSlot? Answering;

    /// <summary>When it began to run a batch, by the engine's clock, if runs have a limit; 0 while it does not.</summary>
    public long RunningSince;

    /// <summary>The batch being run, if runs have a limit.</summary>
    public BatchSlot? Running;

    /// <summary>Set under the engine's lock; a deposed leader ends without giving up the seat.</summary>
    public bool Deposed;

    /// <summary>How far it had come with answering when it was deposed; what comes after is others' work.</summary>
    public int AnsweredWhenDeposed;

    /// <summary>Stopwatch ticks that callers may take in this batch.</summary>
    public long Budget { get; private set; }

    public void BeginAnswering(long budget)
    {
        Budget = budget;
        Turn++;
        if (_batchesToForgive > 0)
            _batchesToForgive--;
    }

    /// <summary>
    /// Callers were slow, or the system took this thread's processor away. The latter strikes now and then and then costs less than
    /// handing hundreds of callers over does, so one batch in a while is given a second budget from now on.
    /// </summary>
    public bool Forgives(long since)
    {
        if (_batchesToForgive > 0)
            return false;
        _batchesToForgive = ForgivenOnceIn;
        Budget += Stopwatch.GetTimestamp() - since;
        return true;
    }

    public void Execute() => engine.Lead(this);
}
