namespace MlOps.Serving;

internal sealed partial class BatchEngine
{
    private readonly Stack<BatchSlot> _freeSlots = new();
    private readonly List<BatchSlot> _allSlots = [];
    private readonly int _formingRows;

    private BatchSlot? _head;
    private BatchSlot? _tail;
    private int _queuedRows;

    // On the leader's own thread, while it answers callers: no lock, because only this thread puts rows there. See Watch for the exception.
    private BatchRequest? JoinOwn(
        BatchLeader leader, ReadOnlySpan<float> row, Memory<float> destination, in RowTerms terms, AnswerFinisher? finisher, ref BatchAnswer answer)
    {
        Volatile.Write(ref leader.Joining, true);
        var slot = leader.Forming;
        if (Volatile.Read(ref leader.Deposed) || slot is null || slot.Count >= _formingRows || Volatile.Read(ref _retired))
        {
            Volatile.Write(ref leader.Joining, false);
            return null;
        }

        var index = slot.Count;
        var bad = RowCheck.Copy(row, slot.Input(index), _passNaN);
        if (bad >= 0)
        {
            Volatile.Write(ref leader.Joining, false);
            answer = new BatchAnswer(PredictionStatus.InvalidInput, null, bad);
            return null;
        }

        // The request whose answer the caller has just read is still in the processor's cache.
        var request = leader.Answering!.TrySwapAnswered(slot, index) ?? slot.FreshRequest(index);
        request.Begin(destination, terms, finisher);
        if (terms.Any)
            slot.HasTerms = true;
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
        var wide = _width > CopyUnderLockWidth;
        var bad = wide ? RowCheck.Find(row, _passNaN) : -1;
        BatchSlot? own = null;
        BatchSlot slot = null!;
        BatchRequest request = null!;
        BatchLeader? start = null;
        var index = 0;
        lock (_gate)
        {
            if (_retired)
            {
                answer = new BatchAnswer(PredictionStatus.Retired);
                return null;
            }

            if (!_waits && _head is null && (_seats == 0 || (_parallelRows == 1 && _seats < _parallelism)))
            {
                own = RentSlot();
                _seats++;
            }
            else if (_queuedRows >= _options.QueueLimit)
            {
                answer = new BatchAnswer(PredictionStatus.Overloaded, null, EstimateWait());
                return null;
            }
            else if (bad < 0)
            {
                slot = _tail is { } tail && tail.Count < _maximumRows ? tail : AppendSlot();
                index = slot.Count;
                if (!wide)
                    bad = RowCheck.Copy(row, slot.Input(index), _passNaN);
                if (bad < 0)
                {
                    request = slot.FreshRequest(index);
                    request.Begin(destination, terms, finisher);
                    if (terms.Any)
                        slot.HasTerms = true;
                    slot.Count = index + 1;
                    _queuedRows++;
                    start = NeedsLeader();
                }
                else if (index == 0)
                {
                    RemoveTail();
                }
            }
        }

        if (own is not null)
        {
            answer = RunOwn(own, row, destination.Span);
            return null;
        }

        if (bad >= 0)
        {
            answer = new BatchAnswer(PredictionStatus.InvalidInput, null, bad);
            return null;
        }

        if (wide)
        {
            row.CopyTo(slot.Input(index));
            Interlocked.Increment(ref slot.Written);
        }

        if (terms.CancellationToken.CanBeCanceled)
            request.Register(terms.CancellationToken);
        if (start is not null)
            ThreadPool.UnsafeQueueUserWorkItem(start, preferLocal: false);
        return request;
    }

    // Under the lock. Another batch beside the running ones only when enough rows wait that it costs no batching.
    private BatchLeader? NeedsLeader()
    {
        if (_seats == 0)
        {
            if (!_waits || _queuedRows >= _maximumRows)
                return TakeSeat();
            ArmDelay();
            return null;
        }

        return _seats < _parallelism && _queuedRows >= _parallelRows * _seats ? TakeSeat() : null;
    }

    private BatchSlot AppendSlot()
    {
        var slot = RentSlot();
        Link(slot);
        return slot;
    }

    private void Link(BatchSlot slot)
    {
        if (_tail is null)
            _head = slot;
        else
            _tail.Next = slot;
        _tail = slot;
    }

    // A batch was opened for a row that turned out to be invalid.
    private void RemoveTail()
    {
        var empty = _tail!;
        if (_head == empty)
        {
            _head = _tail = null;
        }
        else
        {
            var before = _head!;
            while (before.Next != empty)
                before = before.Next!;
            before.Next = null;
            _tail = before;
        }

        empty.Reset();
        _freeSlots.Push(empty);
    }

    // Under the lock. What a leader formed alone becomes everybody's: into the last batch if it fits, else as the last batch.
    private void Publish(BatchSlot formed)
    {
        _queuedRows += formed.Count;
        if (_tail is not { } tail || tail.Count + formed.Count > _maximumRows || _width > CopyUnderLockWidth)
        {
            Link(formed);
            return;
        }

        for (var i = 0; i < formed.Count; i++)
            formed.MoveTo(tail, i, tail.Count + i);
        tail.Count += formed.Count;
        tail.HasTerms |= formed.HasTerms;
        formed.Reset();
        _freeSlots.Push(formed);
    }

    private BatchSlot? TakeHead()
    {
        var slot = _head;
        if (slot is null)
            return null;
        _head = slot.Next;
        if (_head is null)
            _tail = null;
        slot.Next = null;
        _queuedRows -= slot.Count;
        return slot;
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

    private long EstimateWait() =>
        TimeSpan.FromSeconds(Math.Clamp(_queuedRows * _secondsPerRow / _parallelism, 0.001, 60)).Ticks;
}
