using System.Diagnostics;

namespace MlOps.Serving;

internal sealed partial class TensorEngine
{
    // A leader gives its thread back after so many batches, so that other work of the pool gets its turn.
    private const int BatchesPerTurn = 64;
    private const int CompletionsPerClockRead = 8;
    private static readonly TimeSpan WatchInterval = TimeSpan.FromMilliseconds(10);

    private readonly List<TensorLeader> _active = [];
    private ITimer? _delay;
    private ITimer? _watch;
    private bool _delayArmed;
    private bool _watching;

    /// <summary>Runs batches until none waits.</summary>
    internal void Lead(TensorLeader leader)
    {
        TensorBatch? done = null;
        for (var batches = 0; ; batches++)
        {
            TensorBatch? batch = null;
            var requeue = false;
            bool last;
            lock (_gate)
            {
                if (done is not null)
                    Finish(done);
                if (leader.Deposed)
                {
                    _away--;
                }
                else if (_ready.Count == 0)
                {
                    LeaveSeat(leader);
                }
                else if (batches == BatchesPerTurn)
                {
                    requeue = true;
                }
                else
                {
                    batch = Form(leader);
                }

                last = IsDrained();
            }

            if (batch is null)
            {
                if (requeue)
                    ThreadPool.UnsafeQueueUserWorkItem(leader, preferLocal: false);
                else if (last)
                    End();
                return;
            }

            Claim(batch);
            if (batch.Live > 0)
            {
                Compute(leader, batch);
                Answer(leader, batch);
            }

            done = batch;
        }
    }

    // Under the lock. The bucket that waits longest, as many of its requests as are worth a batch; what is left goes to the end.
    private TensorBatch Form(TensorLeader leader)
    {
        var bucket = TakeBucket();
        var limit = bucket.Alone ? 1 : bucket.Costs.Limit;
        var rows = 0;
        var requests = new List<TensorRequest>();
        while (bucket.Waiting.TryPeek(out var request) && (requests.Count == 0 || rows + request.Rows <= limit))
        {
            rows += request.Rows;
            requests.Add(bucket.Waiting.Take());
            if (!request.Terms.IsPlain)
                _shaped--;
        }

        bucket.WaitingRows -= rows;
        _queuedRows -= rows;
        bucket.Queued = bucket.Waiting.Count > 0;
        if (bucket.Queued)
            _ready.AddLast(bucket);
        return Begin(leader, bucket, [.. requests]);
    }

    // The first in line, unless one behind it has more urgent requests.
    private TensorBucket TakeBucket()
    {
        var node = _ready.First!;
        if (_shaped > 0)
        {
            for (var other = node.Next; other is not null; other = other.Next)
            {
                if (other.Value.Waiting.Highest < node.Value.Waiting.Highest)
                    node = other;
            }
        }

        _ready.Remove(node);
        return node.Value;
    }

    private TensorBatch Begin(TensorLeader leader, TensorBucket bucket, TensorRequest[] requests)
    {
        bucket.Running++;
        return leader.Batch = new TensorBatch(bucket, requests);
    }

    private static void Finish(TensorBatch batch) => batch.Bucket.Running--;

    private TensorLeader TakeSeat()
    {
        _seats++;
        var leader = new TensorLeader(this);
        _active.Add(leader);
        if (!_watching)
        {
            _watching = true;
            _watch ??= _clock.CreateTimer(static state => ((TensorEngine)state!).Watch(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _watch.Change(WatchInterval, WatchInterval);
        }

        return leader;
    }

    private void LeaveSeat(TensorLeader leader)
    {
        _seats--;
        _active.Remove(leader);
    }

    // Under the lock. Another batch beside the running ones only when enough rows wait that it costs no batching.
    private TensorLeader? NeedsLeader(TensorBucket bucket)
    {
        if (_seats == 0)
        {
            if (_options.MaximumDelay == TimeSpan.Zero || bucket.Alone || bucket.WaitingRows >= bucket.Costs.Limit)
                return TakeSeat();
            ArmDelay();
            return null;
        }

        return _seats < _parallelism && _queuedRows >= bucket.ParallelRows * _seats ? TakeSeat() : null;
    }

    // Takes out cancelled and expired requests, so that nothing is computed for those.
    private void Claim(TensorBatch batch)
    {
        var live = 0;
        long now = 0;
        foreach (var request in batch.Requests)
        {
            if (!request.TryClaim())
                continue;
            if (request.Terms.Deadline != 0 && (now != 0 ? now : now = _clock.GetTimestamp()) >= request.Terms.Deadline)
                request.Complete(new TensorAnswer(PredictionStatus.DeadlineExceeded), inline: false);
            else
                batch.Requests[live++] = request;
        }

        batch.Live = live;
    }

    // Callers continue on this thread, which spares a hand-over each, until they have used up the budget.
    private void Answer(TensorLeader leader, TensorBatch batch)
    {
        var since = Stopwatch.GetTimestamp();
        var answering = _clock.GetTimestamp();
        Volatile.Write(ref leader.AnsweringSince, answering == 0 ? 1 : answering);
        var inline = true;
        var read = 0;
        while (batch.TryTakeNext(out var index))
        {
            batch.Requests[index].Complete(batch.Answers[index], inline);
            if (inline && ++read % CompletionsPerClockRead == 0)
                inline = Stopwatch.GetTimestamp() - since < _inlineBudget;
        }

        // The batch stays set: the watch may have read the time just before.
        Volatile.Write(ref leader.AnsweringSince, 0);
    }

    // Leaders that block in a caller's continuation, or run longer than they may, lose their seat; somebody else answers for them.
    private void Watch()
    {
        List<(TensorLeader Leader, bool Hangs)>? blocked = null;
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
                var (running, answering) = (Volatile.Read(ref leader.RunningSince), Volatile.Read(ref leader.AnsweringSince));
                var hangs = running != 0 && _options.RunTimeout is { } limit && _clock.GetElapsedTime(running) >= limit;
                if (!hangs && (answering == 0 || _clock.GetElapsedTime(answering) < WatchInterval))
                    continue;
                leader.Deposed = true;
                _active.RemoveAt(i);
                _seats--;
                _away++;
                (blocked ??= []).Add((leader, hangs));
            }
        }

        foreach (var (leader, hangs) in blocked ?? [])
        {
            var batch = leader.Batch!;
            if (hangs)
                Abandon(leader, batch);
            while (batch.TryTakeNext(out var index))
                batch.Requests[index].Complete(batch.Answers[index], inline: false);
            TensorLeader? successor;
            lock (_gate)
                successor = _ready.Count > 0 && _seats < _parallelism ? TakeSeat() : null;
            if (successor is not null)
                ThreadPool.UnsafeQueueUserWorkItem(successor, preferLocal: false);
        }
    }

    private void Abandon(TensorLeader leader, TensorBatch batch)
    {
        var limit = _options.RunTimeout!.Value.TotalMilliseconds;
        lock (batch.Writing)
        {
            if (batch.Computed)
                return;
            batch.Abandoned = true;
            var error = new TimeoutException($"The run did not end within {limit:0} ms.");
            for (var i = 0; i < batch.Live; i++)
                batch.Answers[i] = new TensorAnswer(PredictionStatus.Failed, Error: error);
            leader.Cancel?.Invoke();
        }

        LogHanging(_logger, batch.Live, limit);
    }

    private void ArmDelay()
    {
        if (_delayArmed)
            return;
        _delayArmed = true;
        _delay ??= _clock.CreateTimer(static state => ((TensorEngine)state!).DelayEnded(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _delay.Change(_options.MaximumDelay, Timeout.InfiniteTimeSpan);
    }

    private void DelayEnded()
    {
        TensorLeader? start;
        lock (_gate)
        {
            _delayArmed = false;
            start = _seats == 0 && _ready.Count > 0 && !_disposed ? TakeSeat() : null;
        }

        if (start is not null)
            ThreadPool.UnsafeQueueUserWorkItem(start, preferLocal: false);
    }
}
