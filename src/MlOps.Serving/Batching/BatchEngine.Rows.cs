using System.Threading.Tasks.Sources;

namespace MlOps.Serving;

// Requests of several rows: each row joins a batch by itself, the request is answered when its last row is.
internal sealed partial class BatchEngine
{
    /// <summary>Computes several rows. They are copied before the call returns.</summary>
    /// <param name="rows">The rows, row-major.</param>
    /// <param name="count">How many, at least 1.</param>
    /// <param name="destination">Where the scores go, row-major; not touched after the task ended.</param>
    /// <param name="terms">What the rows ask of their batches.</param>
    /// <returns>How they ended: well only if all did.</returns>
    public ValueTask<BatchAnswer> PredictRowsAsync(ReadOnlySpan<float> rows, int count, Memory<float> destination, in RowTerms terms)
    {
        if (terms.CancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<BatchAnswer>(terms.CancellationToken);
        var request = StartRows(rows, count, destination, terms, null, out var answer);
        return request is null ? new(answer) : new((IValueTaskSource<BatchAnswer>)request, request.Version);
    }

    /// <summary>The same for who reads the request itself.</summary>
    public BatchRequest? StartRows(
        ReadOnlySpan<float> rows, int count, Memory<float> destination, in RowTerms terms, AnswerFinisher? finisher, out BatchAnswer answer)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        answer = default;
        if (rows.Length != (long)count * _width)
        {
            answer = new BatchAnswer(PredictionStatus.InvalidInput, null, ~(long)rows.Length);
            return null;
        }

        if (destination.Length < (long)count * _outputs)
            throw new ArgumentException($"The destination holds {destination.Length} scores; {count} rows give {(long)count * _outputs}.", nameof(destination));
        if (count > _queueLimit)
            throw new ArgumentOutOfRangeException(nameof(count), count, $"At most {_queueLimit} rows can wait (BatchingOptions.QueueLimit); send {count} rows in several requests.");
        var bad = RowCheck.Find(rows, _passNaN);
        if (bad >= 0)
        {
            answer = new BatchAnswer(PredictionStatus.InvalidInput, null, bad);
            return null;
        }

        if (terms.Deadline != 0 && _clock.GetTimestamp() >= terms.Deadline)
        {
            answer = new BatchAnswer(PredictionStatus.DeadlineExceeded);
            return null;
        }

        BatchSlot? own = null;
        BatchRequest? request = null;
        BatchLeader? start = null;
        lock (_gate)
        {
            if (_retired)
            {
                answer = new BatchAnswer(PredictionStatus.Retired);
                return null;
            }

            if (count <= _maximumRows && MayRunOwn())
            {
                own = RentSlot();
                _seats++;
            }
            else
            {
                if (terms.Deadline != 0 && WouldMiss(terms.Deadline, out answer))
                    return null;
                if (_queuedRows + count > _queueLimit)
                {
                    answer = new BatchAnswer(PredictionStatus.Overloaded, null, EstimateWait());
                    return null;
                }

                request = new BatchRequest();
                request.Begin(destination, default, finisher);
                Join(new RowGroup(count, request), rows, count, destination, terms);
                start = NeedsLeader();
            }
        }

        if (own is not null)
            answer = RunOwnRows(own, rows, count, destination.Span);
        if (start is not null)
            ThreadPool.UnsafeQueueUserWorkItem(start, preferLocal: false);
        return request;
    }

    private void Join(RowGroup group, ReadOnlySpan<float> rows, int count, Memory<float> destination, in RowTerms terms)
    {
        if (terms.CancellationToken.CanBeCanceled)
            group.Registration = terms.CancellationToken.UnsafeRegister(static state => ((RowGroup)state!).Cancel(), group);
        var each = terms with { CancellationToken = default };
        for (var i = 0; i < count; i++)
        {
            var row = rows.Slice(i * _width, _width);
            var scores = destination.Slice(i * _outputs, _outputs);
            if (!terms.IsPlain && (_lanes.Count > 0 || _queuedRows >= _maximumRows))
            {
                Park(row, scores, each, group);
            }
            else
            {
                var slot = OpenSlot();
                var index = slot.Count;
                row.CopyTo(slot.Input(index));
                Interlocked.Increment(ref slot.Written);
                slot.FreshRequest(index).Begin(scores, each, group);
                slot.HasTerms |= terms.MayEnd;
                slot.Count = index + 1;
            }

            _queuedRows++;
        }
    }

    private BatchAnswer RunOwnRows(BatchSlot slot, ReadOnlySpan<float> rows, int count, Span<float> destination)
    {
        var answer = RunOwnPart(slot, rows, count, destination);
        LeaveOwnSeat(slot);
        Interlocked.Add(ref _admitted, count);
        _metrics?.Batch(count, _labels);
        return answer;
    }

    // As in RunHalves: what broke a run once may not break its halves, and the rows that are sound are computed.
    private BatchAnswer RunOwnPart(BatchSlot slot, ReadOnlySpan<float> rows, int count, Span<float> destination)
    {
        try
        {
            for (var i = 0; i < count; i++)
                rows.Slice(i * _width, _width).CopyTo(slot.Input(i));
            slot.Buffer.Run(Padded(slot, count));
            for (var i = 0; i < count; i++)
                slot.Output(i).CopyTo(destination.Slice(i * _outputs, _outputs));
            return default;
        }
        catch (Exception e)
        {
            if (count == 1)
                return new BatchAnswer(PredictionStatus.Failed, e);
            var half = count / 2;
            var first = RunOwnPart(slot, rows[..(half * _width)], half, destination);
            var second = RunOwnPart(slot, rows[(half * _width)..], count - half, destination[(half * _outputs)..]);
            return first.Status != PredictionStatus.Ok ? first : second;
        }
    }
}
