using System.Diagnostics;

namespace MlOps.Serving;

// Which of the waiting rows make the next batch. All under the lock.
internal sealed partial class BatchEngine
{
    private const int PassesUntilPromoted = 8;

    // What waits in the queue came first; the leader's own batch joins it there, unless nothing waits.
    private BatchSlot? NextBatch(BatchLeader leader, bool publishOnly)
    {
        if (leader.Forming is { Count: > 0 } formed)
        {
            leader.Forming = null;
            if (_queuedRows == 0 && !publishOnly && !_shaped)
                return formed;
            Publish(formed);
        }

        if (publishOnly || _queuedRows == 0)
            return null;
        if (_lanes.Count == 0 && !_shaped)
            return TakeHead();
        var rows = RowsToTake();
        if (rows == 0)
            return null;
        return _lanes.Count == 0 && _head!.Taken == 0 && _head.Count == rows ? TakeHead() : TakeMixed(rows);
    }

    // The built-in rule, the host's own, or the preferred sizes; 0 to wait.
    private int RowsToTake()
    {
        var most = Math.Min(_queuedRows, _maximumRows);
        if (_options.Policy is { } policy && !_retired)
        {
            var oldest = _head is { Since: > 0 } head ? Stopwatch.GetElapsedTime(head.Since) : TimeSpan.Zero;
            var decision = policy.Decide(new BatchSituation(_queuedRows, oldest, _maximumRows, _seats - 1, _curve));
            if (decision.Rows > 0)
                return Math.Min(decision.Rows, most);
            if (decision.Wait > TimeSpan.Zero)
            {
                ArmDelay(decision.Wait);
                return 0;
            }
        }

        var sizes = _options.PreferredBatchSizes;
        for (var i = sizes.Count - 1; i >= 0; i--)
        {
            if (sizes[i] <= most)
                return sizes[i];
        }

        return most;
    }

    private BatchSlot TakeHead()
    {
        var slot = _head!;
        _head = slot.Next;
        if (_head is null)
            _tail = null;
        slot.Next = null;
        if (slot.Taken > 0)
            MoveToFront(slot);
        _queuedRows -= slot.Count;
        return slot;
    }

    private void MoveToFront(BatchSlot slot)
    {
        AwaitWritten(slot);
        var taken = slot.Taken;
        for (var i = taken; i < slot.Count; i++)
            slot.Move(i, i - taken);
        slot.Count -= taken;
        slot.Written = slot.Count;
        slot.Taken = 0;
    }

    // High rows first, low ones last; within a class the callers take turns, and those without a caller are one of them. A class that was
    // passed over too often goes first once, for a part of the batch.
    private BatchSlot TakeMixed(int rows)
    {
        var batch = RentSlot();
        var classes = _lanes.Classes;
        Span<bool> served = stackalloc bool[classes.Length];
        for (var i = classes.Length - 1; i > 0; i--)
        {
            if (classes[i].PassedOver >= PassesUntilPromoted && WaitingIn(classes[i]) > 0)
            {
                Take(batch, classes[i], Math.Min(rows, batch.Count + Math.Max(1, rows / 4)));
                served[i] = true;
            }
        }

        for (var i = 0; i < classes.Length; i++)
        {
            var waiting = WaitingIn(classes[i]) > 0;
            var before = batch.Count;
            Take(batch, classes[i], rows);
            classes[i].PassedOver = !waiting || served[i] || batch.Count > before ? 0 : classes[i].PassedOver + 1;
        }

        batch.Written = batch.Count;
        batch.HasTerms = true;
        _queuedRows -= batch.Count;
        return batch;
    }

    private int WaitingIn(RowClass rows) => rows.Count + (rows == _lanes.Normal && _head is not null ? 1 : 0);

    private void Take(BatchSlot batch, RowClass rows, int until)
    {
        var withoutCaller = rows == _lanes.Normal;
        while (batch.Count < until)
        {
            var before = batch.Count;
            if (withoutCaller && _head is not null)
                TakeFromHead(batch);
            for (var turns = rows.Lanes; turns > 0 && batch.Count < until; turns--)
            {
                if (rows.TakeNext() is not { } parked)
                    break;
                parked.Values.CopyTo(batch.Input(batch.Count));
                parked.Request = batch.Exchange(batch.Count, parked.Request!);
                batch.Count++;
                _lanes.Return(parked);
            }

            if (batch.Count == before)
                return;
        }
    }

    private void TakeFromHead(BatchSlot batch)
    {
        var head = _head!;
        AwaitWritten(head);
        if (batch.Since == 0)
            batch.Since = head.Since;
        head.MoveTo(batch, head.Taken, batch.Count);
        batch.Count++;
        head.Taken++;
        if (head.Taken < head.Count)
            return;
        _head = head.Next;
        if (_head is null)
            _tail = null;
        head.Reset();
        _freeSlots.Push(head);
    }

    private void AwaitWritten(BatchSlot slot)
    {
        if (_width <= CopyUnderLockWidth)
            return;
        var wait = new SpinWait();
        while (Volatile.Read(ref slot.Written) != slot.Count)
            wait.SpinOnce();
    }
}
