using System.Diagnostics;

namespace MlOps.Serving;

internal sealed partial class BatchEngine
{
    // A leader gives its thread back after so many batches, so that other work of the pool gets its turn.
    private const int BatchesPerTurn = 64;
    private const int CompletionsPerClockRead = 16;
    private const int QuickCompletionsPerClockRead = 64;

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
                    if (_queuedRows > 0)
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

            if (!RunBatch(leader, slot))
            {
                ComeBack(slot);
                return;
            }

            Answer(leader, slot);
            done = slot;
        }
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

    // False when the run took longer than its limit: its callers were told so, and another leader has the seat.
    private bool RunBatch(BatchLeader leader, BatchSlot slot)
    {
        AwaitWritten(slot);
        if (slot.HasTerms)
            Compact(slot);
        else
            slot.Live = slot.Count;
        var rows = slot.Live;
        if (rows == 0)
            return true;
        if (_runTimeout > 0)
        {
            leader.Running = slot;
            Volatile.Write(ref leader.RunningSince, _clock.GetTimestamp());
        }

        var span = ServingMetrics.Activities.HasListeners() ? StartSpan(slot) : null;
        var begin = Stopwatch.GetTimestamp();
        try
        {
            slot.Buffer.Run(Padded(slot, rows));
        }
        catch (Exception e)
        {
            slot.Answers = new BatchAnswer[rows];
            if (rows == 1 || Volatile.Read(ref leader.Deposed))
                slot.Answers[0] = new BatchAnswer(PredictionStatus.Failed, e);
            else
                RunHalves(leader, slot, rows);
        }

        var time = Stopwatch.GetElapsedTime(begin);
        span?.Dispose();
        if (_runTimeout > 0 && !EndRun(leader))
            return false;
        Learn(rows, time.TotalSeconds);
        Interlocked.Add(ref _admitted, rows);
        _metrics?.Batch(rows, _labels, slot.Since == 0 ? TimeSpan.Zero : Stopwatch.GetElapsedTime(slot.Since, begin), time);
        return true;
    }

    // Models that are fast at fixed sizes run whole ones; the rows added are copies, because zeros are not input to every model.
    private int Padded(BatchSlot slot, int rows)
    {
        if (!_options.PadToPreferred)
            return rows;
        foreach (var size in _options.PreferredBatchSizes)
        {
            if (size < rows || size > _maximumRows)
                continue;
            for (var i = rows; i < size; i++)
                slot.Input(0).CopyTo(slot.Input(i));
            return size;
        }

        return rows;
    }

    private Activity? StartSpan(BatchSlot slot)
    {
        var links = new List<ActivityLink>();
        for (var i = 0; i < slot.Live; i++)
        {
            if (slot.Request(i).Origin is { } origin && origin != default)
                links.Add(new ActivityLink(origin));
        }

        var activity = ServingMetrics.Activities.StartActivity("mlops.serving.batch", ActivityKind.Internal, default(ActivityContext), null, links);
        activity?.SetTag("mlops.endpoint", _labels?.Endpoint);
        activity?.SetTag("mlops.model.version", _labels?.Version);
        activity?.SetTag("mlops.batch.rows", slot.Live);
        for (var i = 0; i < slot.Live && activity is not null; i++)
            slot.Request(i).NoteBatch(activity.Context);
        return activity;
    }

    // Takes out cancelled and expired rows, and those whose answer would come too late, and moves the others together, so that nothing is
    // computed for those.
    private void Compact(BatchSlot slot)
    {
        var live = 0;
        var late = false;
        long end = 0;
        for (var i = 0; i < slot.Count; i++)
        {
            var request = slot.Request(i);
            var deadline = request.Deadline;
            if (!request.TryClaim())
                continue;
            if (deadline != 0)
            {
                if (end == 0)
                    end = _clock.GetTimestamp() + (_curve is null ? 0 : CostTicks(slot.Count));
                if (end >= deadline)
                {
                    late = true;
                    request.Complete(new BatchAnswer(PredictionStatus.DeadlineExceeded), inline: false);
                    continue;
                }
            }

            if (live != i)
                slot.Move(i, live);
            live++;
        }

        slot.Live = live;
        if (live == 0 && late)
            Doubt();
    }

    // A batch failed: its halves run, and the halves of what fails again, until the rows that are to blame fail alone.
    private void RunHalves(BatchLeader leader, BatchSlot slot, int rows)
    {
        BatchSlot part;
        lock (_gate)
            part = RentSlot();
        RunPart(leader, slot, part, 0, rows / 2);
        RunPart(leader, slot, part, rows / 2, rows - (rows / 2));
        lock (_gate)
            _freeSlots.Push(part);
    }

    private void RunPart(BatchLeader leader, BatchSlot slot, BatchSlot part, int from, int rows)
    {
        try
        {
            for (var i = 0; i < rows; i++)
                slot.Input(from + i).CopyTo(part.Input(i));
            part.Buffer.Run(Padded(part, rows));
            lock (_gate)
            {
                // When the run was given up meanwhile, the callers have their answer and their memory is theirs.
                for (var i = 0; i < rows && !leader.Deposed; i++)
                    part.Output(i).CopyTo(slot.Request(from + i).Destination);
            }
        }
        catch (Exception e)
        {
            if (rows == 1 || Volatile.Read(ref leader.Deposed))
            {
                slot.Answers![from] = new BatchAnswer(PredictionStatus.Failed, e);
                return;
            }

            RunPart(leader, slot, part, from, rows / 2);
            RunPart(leader, slot, part, from + (rows / 2), rows - (rows / 2));
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
        var look = CompletionsPerClockRead;
        for (var i = 0; i < rows; i++)
        {
            // Written before Deposed is read: see Depose, which makes these two visible in this order without a fence here.
            Volatile.Write(ref slot.Answered, i + 1);
            if (Volatile.Read(ref leader.Deposed) && !IsMine(leader, i))
                break;
            AnswerRow(slot, i, inline);
            if (i + 1 < look || !inline)
                continue;
            var spent = Stopwatch.GetTimestamp() - since;
            if (spent > leader.Budget)
                inline = leader.Forgives(since);
            look += spent < leader.Budget / 8 ? QuickCompletionsPerClockRead : CompletionsPerClockRead;
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
            slot.CopyOutput(row, request);
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
