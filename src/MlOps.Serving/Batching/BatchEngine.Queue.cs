using System.Diagnostics;

namespace MlOps.Serving;

internal sealed partial class BatchEngine
{
    private readonly Stack<BatchSlot> _freeSlots = new();
    private readonly List<BatchSlot> _allSlots = [];
    private readonly RowLanes _lanes;

    private BatchSlot? _head;
    private BatchSlot? _tail;
    private int _queuedRows;

    // On the leader's own thread, while it answers callers: no lock, because only this thread puts rows there. See Depose for the exception.
    private BatchRequest? JoinOwn(
        BatchLeader leader, ReadOnlySpan<float> row, Memory<float> destination, in RowTerms terms, AnswerFinisher? finisher, ref BatchAnswer answer)
    {
        if (terms.Deadline != 0 && WouldMiss(terms.Deadline, out answer))
            return null;
        return Join(leader, row, destination, terms, finisher);
    }

    // Null when the row must go the usual way, which finds what is wrong with it, too.
    private BatchRequest? Join(BatchLeader leader, ReadOnlySpan<float> row, Memory<float> destination, in RowTerms terms, AnswerFinisher? finisher)
    {
        Volatile.Write(ref leader.Joining, true);
        var slot = leader.Forming;
        if (Volatile.Read(ref leader.Deposed) || slot is null || slot.Count >= _formingRows || Volatile.Read(ref _retired))
        {
            Volatile.Write(ref leader.Joining, false);
            return null;
        }

        var index = slot.Count;
        if (RowCheck.Copy(row, slot.Input(index), _passNaN) >= 0)
        {
            Volatile.Write(ref leader.Joining, false);
            return null;
        }

        // The request whose answer the caller has just read is still in the processor's cache.
        var request = leader.Answering!.TrySwapAnswered(slot, index) ?? slot.FreshRequest(index);
        request.Begin(destination, terms, finisher, leader.Turn);
        if (terms.MayEnd)
            slot.HasTerms = true;
        if (index == 0)
            NoteOpened(slot);
        slot.Written = index + 1;
        slot.Count = index + 1;
        Volatile.Write(ref leader.Joining, false);
        if (terms.CancellationToken.CanBeCanceled)
            request.Register(terms.CancellationToken);
        return request;
    }

    private BatchRequest? StartShared(
        ReadOnlySpan<float> row, Memory<float> destination, in RowTerms terms, AnswerFinisher? finisher, out BatchAnswer answer)
    {
        answer = default;
        var bad = RowCheck.Find(row, _passNaN);
        if (bad >= 0)
        {
            answer = new BatchAnswer(PredictionStatus.InvalidInput, null, bad);
            return null;
        }

        BatchSlot? own = null;
        BatchSlot? slot = null;
        BatchRequest request = null!;
        BatchLeader? start = null;
        ParkedRow? displaced = null;
        var index = 0;
        lock (_gate)
        {
            if (_retired)
            {
                answer = new BatchAnswer(PredictionStatus.Retired);
                return null;
            }

            if (MayRunOwn())
            {
                own = RentSlot();
                _seats++;
            }
            else
            {
                if (terms.Deadline != 0 && WouldMiss(terms.Deadline, out answer))
                    return null;
                if (_queuedRows >= _queueLimit && (displaced = Displace(terms)) is null)
                {
                    answer = new BatchAnswer(PredictionStatus.Overloaded, null, EstimateWait());
                    return null;
                }

                if (!terms.IsPlain && (_lanes.Count > 0 || _queuedRows >= _maximumRows))
                {
                    request = Park(row, destination, terms, finisher);
                }
                else
                {
                    slot = OpenSlot();
                    index = slot.Count;
                    if (_width <= CopyUnderLockWidth)
                    {
                        row.CopyTo(slot.Input(index));
                        slot.Written++;
                    }

                    request = slot.FreshRequest(index);
                    request.Begin(destination, terms, finisher);
                    slot.HasTerms |= terms.MayEnd;
                    slot.Count = index + 1;
                }

                _queuedRows++;
                start = NeedsLeader();
            }
        }

        if (own is not null)
        {
            answer = RunOwn(own, row, destination.Span);
            return null;
        }

        if (slot is not null && _width > CopyUnderLockWidth)
        {
            row.CopyTo(slot.Input(index));
            Interlocked.Increment(ref slot.Written);
        }

        if (terms.CancellationToken.CanBeCanceled)
            request.Register(terms.CancellationToken);
        if (start is not null)
            ThreadPool.UnsafeQueueUserWorkItem(start, preferLocal: false);
        if (displaced is not null)
            Refuse(displaced);
        return request;
    }

    // Under the lock. A caller computes its row itself while nobody would share a batch with it.
    private bool MayRunOwn() =>
        _callersRun && _queuedRows == 0 && (_seats == 0 || (_parallelRows == 1 && _seats < _parallelism));

    // Under the lock. Another batch beside the running ones only when enough rows wait that it costs no batching.
    private BatchLeader? NeedsLeader()
    {
        if (_seats > 0)
            return _seats < _parallelism && _queuedRows >= _parallelRows * _seats ? TakeSeat() : null;
        if (_queuedRows >= _maximumRows || _retired)
            return TakeSeat();
        if (_options.Policy is not null)
            return _delayArmed ? null : TakeSeat();
        if (!_waits)
            return TakeSeat();
        NoteArrival();
        if (!_delayArmed && !WaitingPays())
            return TakeSeat();
        ArmDelay(_options.MaximumDelay);
        return null;
    }

    private BatchRequest Park(ReadOnlySpan<float> row, Memory<float> destination, in RowTerms terms, AnswerFinisher? finisher)
    {
        var parked = _lanes.Rent();
        row.CopyTo(parked.Values);
        var request = parked.Request!;
        request.Begin(destination, terms, finisher);
        _lanes.Park(parked, terms);
        return request;
    }

    // Under the lock. The rows without a caller that wait in batches count as the new row's own, if it says no caller either.
    private ParkedRow? Displace(in RowTerms terms)
    {
        if (_lanes.Count == 0)
            return null;
        var displaced = _lanes.Displace(terms, terms.Caller is null ? _queuedRows - _lanes.Count : 0);
        if (displaced is not null)
            _queuedRows--;
        return displaced;
    }

    private void Refuse(ParkedRow displaced)
    {
        var request = displaced.Request!;
        if (request.TryClaim())
            request.Complete(new BatchAnswer(PredictionStatus.Overloaded, null, EstimateWait()), inline: false);
        lock (_gate)
            _lanes.Return(displaced);
    }

    // Under the lock. The batch that the next row joins.
    private BatchSlot OpenSlot()
    {
        if (_tail is { } tail && tail.Count < _slotRows)
            return tail;
        var slot = RentSlot();
        NoteOpened(slot);
        Link(slot);
        return slot;
    }

    private void NoteOpened(BatchSlot slot)
    {
        if (_options.Policy is not null || _metrics is { QueueTimed: true })
            slot.Since = Stopwatch.GetTimestamp();
    }

    private void Link(BatchSlot slot)
    {
        if (_tail is null)
            _head = slot;
        else
            _tail.Next = slot;
        _tail = slot;
    }

    // Under the lock. What a leader formed alone becomes everybody's: into the last batch if it fits, else as the last batch.
    private void Publish(BatchSlot formed)
    {
        _queuedRows += formed.Count;
        if (_tail is not { } tail || tail.Count + formed.Count > _slotRows || _width > CopyUnderLockWidth)
        {
            Link(formed);
            return;
        }

        for (var i = 0; i < formed.Count; i++)
            formed.MoveTo(tail, i, tail.Count + i);
        tail.Count += formed.Count;
        tail.Written += formed.Count;
        tail.HasTerms |= formed.HasTerms;
        formed.Reset();
        _freeSlots.Push(formed);
    }

    private BatchSlot RentSlot()
    {
        if (_freeSlots.TryPop(out var slot))
            return slot;
        slot = new BatchSlot(_runtime.CreateBuffer(_maximumRows), _width, _outputs);
        _allSlots.Add(slot);
        return slot;
    }

    // Under the lock. The last of those that answer a batch gives its buffers back.
    private void Release(BatchSlot slot)
    {
        if (--slot.Holders > 0)
            return;
        slot.Reset();
        _freeSlots.Push(slot);
    }
}
