using System.Diagnostics;

namespace MlOps.Serving;

internal sealed partial class BatchEngine
{
    // A leader gives its thread back after so many batches, so that other work of the pool gets its turn.
    private const int BatchesPerTurn = 64;
    private const int CompletionsPerClockRead = 8;
    private static readonly TimeSpan WatchInterval = TimeSpan.FromMilliseconds(10);

    private ITimer? _delay;
    private ITimer? _watch;
    private bool _delayArmed;
    private bool _watching;

    /// <summary>Runs batches until none waits.</summary>
    internal void Lead(BatchLeader leader)
    {
        BatchSlot? done = null;
        for (var batches = 0; ; batches++)
        {
            BatchSlot? slot;
            var requeue = false;
            var last = false;
            lock (_gate)
            {
                if (done is not null)
                    Release(done);
                if (leader.Deposed)
                    return;
                slot = _head;
                if (slot is null)
                {
                    LeaveSeat(leader);
                    last = _retired && _seats == 0;
                }
                else if (batches == BatchesPerTurn)
                {
                    requeue = true;
                }
                else
                {
                    _head = slot.Next;
                    if (_head is null)
                        _tail = null;
                    slot.Next = null;
                    _queuedRows -= slot.Count;
                }
            }

            if (requeue)
            {
                ThreadPool.UnsafeQueueUserWorkItem(leader, preferLocal: false);
                return;
            }

            if (slot is null)
            {
                if (last)
                    DisposeModel();
                return;
            }

            RunBatch(slot);
            Answer(leader, slot);
            done = slot;
        }
    }

    // Under the lock. The last of those that answer a batch gives its buffers back.
    private void Release(BatchSlot slot)
    {
        if (--slot.Holders > 0)
            return;
        slot.Reset();
        _freeSlots.Push(slot);
    }

    private BatchLeader TakeSeat()
    {
        _seats++;
        if (!_freeLeaders.TryPop(out var leader))
            leader = new BatchLeader(this);
        _active.Add(leader);
        if (!_watching)
        {
            _watching = true;
            _watch ??= _clock.CreateTimer(static state => ((BatchEngine)state!).Watch(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _watch.Change(WatchInterval, WatchInterval);
        }

        return leader;
    }

    private void LeaveSeat(BatchLeader leader)
    {
        _seats--;
        _active.Remove(leader);
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

        Compact(slot);
        var rows = slot.Live;
        if (rows == 0)
            return;
        var begin = Stopwatch.GetTimestamp();
        try
        {
            slot.Buffer.Run(rows);
            Distribute(slot, rows);
        }
        catch (Exception e)
        {
            slot.Answers = new BatchAnswer[rows];
            if (rows == 1)
                slot.Answers[0] = new BatchAnswer(PredictionStatus.Failed, e);
            else
                RunSingly(slot, rows);
        }

        var perRow = Stopwatch.GetElapsedTime(begin).TotalSeconds / rows;
        Volatile.Write(ref _secondsPerRow, (Volatile.Read(ref _secondsPerRow) * 0.9) + (perRow * 0.1));
        _metrics?.Batch(rows);
    }

    // Takes out cancelled and expired rows and moves the others together, so that nothing is computed for those.
    private void Compact(BatchSlot slot)
    {
        var live = 0;
        var requests = slot.Requests;
        var input = slot.Buffer.Input.Span;
        long now = 0;
        for (var i = 0; i < slot.Count; i++)
        {
            var request = requests[i]!;
            requests[i] = null;
            var deadline = request.Deadline;
            if (!request.TryClaim())
                continue;
            if (deadline != 0 && (now != 0 ? now : now = _clock.GetTimestamp()) >= deadline)
            {
                request.Complete(new BatchAnswer(PredictionStatus.DeadlineExceeded), inline: false);
                continue;
            }

            requests[live] = request;
            if (live != i)
                input.Slice(i * _width, _width).CopyTo(input.Slice(live * _width, _width));
            live++;
        }

        slot.Live = live;
    }

    private void Distribute(BatchSlot slot, int rows)
    {
        var output = slot.Buffer.Output.Span;
        for (var i = 0; i < rows; i++)
            output.Slice(i * _outputs, _outputs).CopyTo(slot.Requests[i]!.Destination.Span);
    }

    // A batch failed: every row runs alone, so that the one that is to blame fails alone.
    private void RunSingly(BatchSlot slot, int rows)
    {
        BatchSlot alone;
        lock (_gate)
            alone = RentSlot();
        for (var i = 0; i < rows; i++)
        {
            try
            {
                slot.Buffer.Input.Span.Slice(i * _width, _width).CopyTo(alone.Buffer.Input.Span);
                alone.Buffer.Run(1);
                alone.Buffer.Output.Span[.._outputs].CopyTo(slot.Requests[i]!.Destination.Span);
            }
            catch (Exception e)
            {
                slot.Answers![i] = new BatchAnswer(PredictionStatus.Failed, e);
            }
        }

        lock (_gate)
        {
            alone.Reset();
            _freeSlots.Push(alone);
        }
    }

    // Callers continue on this thread, which spares a hand-over each, until they have used up the budget.
    private void Answer(BatchLeader leader, BatchSlot slot)
    {
        if (slot.Live == 0)
            return;
        var answers = slot.Answers;
        var since = Stopwatch.GetTimestamp();
        leader.Answering = slot;
        Volatile.Write(ref leader.AnsweringSince, since);
        var inline = true;
        var read = 0;
        while (slot.TryTakeNext(out var request, out var index))
        {
            request.Complete(answers is null ? default : answers[index], inline);
            if (inline && ++read % CompletionsPerClockRead == 0)
                inline = Stopwatch.GetTimestamp() - since < _inlineBudget;
        }

        // Answering stays set: the watch may have read the time just before.
        Volatile.Write(ref leader.AnsweringSince, 0);
    }

    // A continuation may block, even on another prediction of this engine. Then somebody else answers the rest and takes the seat.
    private void Watch()
    {
        List<BatchSlot>? abandoned = null;
        lock (_gate)
        {
            if (_seats == 0 || _disposed)
            {
                _watching = false;
                if (!_disposed)
                    _watch?.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                return;
            }

            for (var i = _active.Count - 1; i >= 0; i--)
            {
                var leader = _active[i];
                var since = Volatile.Read(ref leader.AnsweringSince);
                if (since == 0 || Stopwatch.GetElapsedTime(since) < WatchInterval)
                    continue;
                leader.Deposed = true;
                _active.RemoveAt(i);
                _seats--;
                leader.Answering!.Holders++;
                (abandoned ??= []).Add(leader.Answering);
            }
        }

        foreach (var slot in abandoned ?? [])
        {
            var answers = slot.Answers;
            while (slot.TryTakeNext(out var request, out var index))
                request.Complete(answers is null ? default : answers[index], inline: false);
            BatchLeader? successor = null;
            bool last;
            lock (_gate)
            {
                Release(slot);
                if (_head is not null && _seats < _parallelism)
                    successor = TakeSeat();
                last = _retired && _seats == 0;
            }

            if (successor is not null)
                ThreadPool.UnsafeQueueUserWorkItem(successor, preferLocal: false);
            else if (last)
                DisposeModel();
        }
    }

    private void ArmDelay()
    {
        if (_delayArmed)
            return;
        _delayArmed = true;
        _delay ??= _clock.CreateTimer(static state => ((BatchEngine)state!).DelayEnded(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _delay.Change(_options.MaximumDelay, Timeout.InfiniteTimeSpan);
    }

    private void DelayEnded()
    {
        BatchLeader? start;
        lock (_gate)
        {
            _delayArmed = false;
            start = _seats == 0 && _head is not null && !_disposed ? TakeSeat() : null;
        }

        if (start is not null)
            ThreadPool.UnsafeQueueUserWorkItem(start, preferLocal: false);
    }
}
