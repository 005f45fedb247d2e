using System.Diagnostics;

namespace MlOps.Serving;

internal sealed partial class BatchEngine
{
    // A leader gives its thread back after so many batches, so that other work of the pool gets its turn.
    private const int BatchesPerTurn = 64;
    private const int CompletionsPerClockRead = 16;

    private readonly List<BatchLeader> _active = [];
    private readonly Stack<BatchLeader> _freeLeaders = new();

    /// <summary>Runs batches until none waits.</summary>
    internal void Lead(BatchLeader leader)
    {
        BatchSlot? done = null;
        for (var batches = 0; ; batches++)
        {
            BatchSlot? slot = null;
            BatchLeader? another = null;
            var requeue = false;
            var last = false;
            lock (_gate)
            {
                if (done is not null)
                    Release(done);
                if (leader.Deposed)
                    return;
                requeue = batches == BatchesPerTurn;
                slot = NextBatch(leader, requeue);
                if (slot is not null)
                {
                    leader.Forming ??= RentSlot();
                    if (_head is not null)
                        another = NeedsLeader();
                }
                else if (!requeue)
                {
                    LeaveSeat(leader);
                    last = _retired && _seats == 0;
                }
            }

            if (another is not null)
                ThreadPool.UnsafeQueueUserWorkItem(another, preferLocal: false);
            if (slot is null)
            {
                if (requeue)
                    ThreadPool.UnsafeQueueUserWorkItem(leader, preferLocal: false);
                else if (last)
                    DisposeModel();
                return;
            }

            RunBatch(slot);
            Answer(leader, slot);
            done = slot;
        }
    }

    // Under the lock. What waits in the queue came first; the leader's own batch joins it there, unless nothing waits.
    private BatchSlot? NextBatch(BatchLeader leader, bool publishOnly)
    {
        if (leader.Forming is { Count: > 0 } formed)
        {
            leader.Forming = null;
            if (_head is null && !publishOnly)
                return formed;
            Publish(formed);
        }

        return publishOnly ? null : TakeHead();
    }

    private BatchLeader TakeSeat()
    {
        _seats++;
        if (!_freeLeaders.TryPop(out var leader))
            leader = new BatchLeader(this);
        _active.Add(leader);
        StartWatch();
        return leader;
    }

    private void LeaveSeat(BatchLeader leader)
    {
        _seats--;
        _active.Remove(leader);
        if (leader.Forming is { } unused)
        {
            leader.Forming = null;
            _freeSlots.Push(unused);
        }

        _freeLeaders.Push(leader);
    }

    private void RunBatch(BatchSlot slot)
    {
        if (_width > CopyUnderLockWidth)
        {
            var wait = new SpinWait();
            while (Volatile.Read(ref slot.Written) != slot.Count)
                wait.SpinOnce();
        }

        if (slot.HasTerms)
            Compact(slot);
        else
            slot.Live = slot.Count;
        var rows = slot.Live;
        if (rows == 0)
            return;
        var begin = Stopwatch.GetTimestamp();
        try
        {
            slot.Buffer.Run(rows);
        }
        catch (Exception e)
        {
            slot.Answers = new BatchAnswer[rows];
            if (rows == 1)
                slot.Answers[0] = new BatchAnswer(PredictionStatus.Failed, e);
            else
                RunHalves(slot, rows);
        }

        var perRow = Stopwatch.GetElapsedTime(begin).TotalSeconds / rows;
        Volatile.Write(ref _secondsPerRow, (Volatile.Read(ref _secondsPerRow) * 0.9) + (perRow * 0.1));
        _metrics?.Batch(rows);
    }

    // Takes out cancelled and expired rows and moves the others together, so that nothing is computed for those.
    private void Compact(BatchSlot slot)
    {
        var live = 0;
        long now = 0;
        for (var i = 0; i < slot.Count; i++)
        {
            var request = slot.Request(i);
            var deadline = request.Deadline;
            if (!request.TryClaim())
                continue;
            if (deadline != 0 && (now != 0 ? now : now = _clock.GetTimestamp()) >= deadline)
            {
                request.Complete(new BatchAnswer(PredictionStatus.DeadlineExceeded), inline: false);
                continue;
            }

            if (live != i)
                slot.Move(i, live);
            live++;
        }

        slot.Live = live;
    }

    // A batch failed: its halves run, and the halves of what fails again, until the rows that are to blame fail alone.
    private void RunHalves(BatchSlot slot, int rows)
    {
        BatchSlot part;
        lock (_gate)
            part = RentSlot();
        RunPart(slot, part, 0, rows / 2);
        RunPart(slot, part, rows / 2, rows - (rows / 2));
        lock (_gate)
            _freeSlots.Push(part);
    }

    private void RunPart(BatchSlot slot, BatchSlot part, int from, int rows)
    {
        try
        {
            for (var i = 0; i < rows; i++)
                slot.Input(from + i).CopyTo(part.Input(i));
            part.Buffer.Run(rows);
            for (var i = 0; i < rows; i++)
                part.Output(i).CopyTo(slot.Request(from + i).Destination);
        }
        catch (Exception e)
        {
            if (rows == 1)
            {
                slot.Answers![from] = new BatchAnswer(PredictionStatus.Failed, e);
                return;
            }

            RunPart(slot, part, from, rows / 2);
            RunPart(slot, part, from + (rows / 2), rows - (rows / 2));
        }
    }

    // Callers continue on this thread, which spares a hand-over each, until they have used up the budget.
    private void Answer(BatchLeader leader, BatchSlot slot)
    {
        var rows = slot.Live;
        if (rows == 0)
            return;
        var since = Stopwatch.GetTimestamp();
        leader.Answering = slot;
        Volatile.Write(ref leader.AnsweringSince, since);
        BatchLeader.Current = leader;
        leader.BeginAnswering(_inlineBudget);
        var inline = true;
        for (var i = 0; i < rows; i++)
        {
            // Written before Deposed is read: see Depose, which makes these two visible in this order without a fence here.
            Volatile.Write(ref slot.Answered, i + 1);
            if (Volatile.Read(ref leader.Deposed) && !IsMine(leader, i))
                break;
            AnswerRow(slot, i, inline);
            if (inline && (i + 1) % CompletionsPerClockRead == 0 && Stopwatch.GetTimestamp() - since > leader.Budget)
                inline = leader.Forgives(since);
        }

        BatchLeader.Current = null;

        // Answering stays set: the watch may have read the time just before.
        Volatile.Write(ref leader.AnsweringSince, 0);
    }

    private static void AnswerRow(BatchSlot slot, int row, bool inline)
    {
        var request = slot.Request(row);
        if (slot.Answers is not { } answers)
        {
            slot.Output(row).CopyTo(request.Destination);
            request.Complete(inline);
        }
        else
        {
            request.Complete(answers[row], inline);
        }
    }

    private bool IsMine(BatchLeader leader, int row)
    {
        lock (_gate)
            return row < leader.AnsweredWhenDeposed;
    }
}
