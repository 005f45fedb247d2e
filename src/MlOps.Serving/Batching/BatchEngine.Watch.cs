using System.Diagnostics;

namespace MlOps.Serving;

internal sealed partial class BatchEngine
{
    private static readonly TimeSpan WatchInterval = TimeSpan.FromMilliseconds(10);

    private ITimer? _watch;
    private bool _watching;

    private TimeSpan WatchEvery => _options.RunTimeout is { } limit && limit < WatchInterval * 2 ? limit / 2 : WatchInterval;

    private void StartWatch()
    {
        if (_watching)
            return;
        _watching = true;
        _watch ??= _clock.CreateTimer(static state => ((BatchEngine)state!).Watch(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _watch.Change(WatchEvery, WatchEvery);
    }

    // A continuation may block, even on another prediction of this engine. Then somebody else answers the rest and takes the seat.
    private void Watch()
    {
        List<(BatchSlot Slot, int From)>? abandoned = null;
        List<BatchSlot>? hanging = null;
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
                if (_runTimeout > 0 && IsHanging(leader))
                {
                    (hanging ??= []).Add(leader.Running!);
                    continue;
                }

                var since = Volatile.Read(ref leader.AnsweringSince);
                if (since == 0 || Stopwatch.GetElapsedTime(since) < WatchInterval)
                    continue;
                Depose(leader);
                _active.RemoveAt(i);
                _seats--;
                leader.Answering!.Holders++;
                (abandoned ??= []).Add((leader.Answering, leader.AnsweredWhenDeposed));
            }
        }

        foreach (var (slot, from) in abandoned ?? [])
        {
            for (var i = from; i < slot.Live; i++)
                AnswerRow(slot, i, inline: false);
            Succeed(slot);
        }

        foreach (var slot in hanging ?? [])
            GiveUp(slot);
    }

    private void Succeed(BatchSlot done)
    {
        BatchLeader? successor = null;
        bool last;
        lock (_gate)
        {
            Release(done);
            if (_queuedRows > 0 && _seats < _parallelism)
                successor = TakeSeat();
            last = _retired && _seats == 0;
        }

        if (successor is not null)
            ThreadPool.UnsafeQueueUserWorkItem(successor, preferLocal: false);
        else if (last)
            DisposeModel();
    }

    // Under the lock. From here on the batch belongs to the watch, and its buffers to the run until that comes back.
    private bool IsHanging(BatchLeader leader)
    {
        var since = Volatile.Read(ref leader.RunningSince);
        if (since == 0 || _clock.GetTimestamp() - since < _runTimeout)
            return false;
        leader.Deposed = true;
        _active.Remove(leader);
        _seats--;
        _hung++;
        leader.Running!.Holders++;
        if (leader.Forming is { } unused)
        {
            leader.Forming = null;
            _freeSlots.Push(unused);
        }

        return true;
    }

    private void GiveUp(BatchSlot slot)
    {
        try
        {
            slot.Buffer.TryAbort();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // A runtime that cannot end its run says so by exception; the callers are answered all the same.
        }

        var answer = new BatchAnswer(
            PredictionStatus.Failed, new TimeoutException($"The model did not answer within BatchingOptions.RunTimeout ({_options.RunTimeout})."));
        for (var i = 0; i < slot.Live; i++)
            slot.Request(i).Complete(answer, inline: false);
        Succeed(slot);
    }

    // The leader's side: whether the batch is still its own.
    private bool EndRun(BatchLeader leader)
    {
        lock (_gate)
        {
            Volatile.Write(ref leader.RunningSince, 0);
            return !leader.Deposed;
        }
    }

    // A run that was given up has ended after all: its buffers may be used again, or go with the model.
    private void ComeBack(BatchSlot slot)
    {
        bool lastOfModel;
        lock (_gate)
        {
            _hung--;
            Release(slot);
            lastOfModel = _disposed && _hung == 0;
        }

        if (lastOfModel)
            ReleaseModel();
    }

    // Under the lock. The leader's thread writes Joining or Answered and then reads Deposed, without a fence between; the barrier here stands
    // for both sides: afterwards either that thread sees Deposed, or what it wrote before is seen here.
    private void Depose(BatchLeader leader)
    {
        Volatile.Write(ref leader.Deposed, true);
        Interlocked.MemoryBarrierProcessWide();
        var wait = new SpinWait();
        while (Volatile.Read(ref leader.Joining))
            wait.SpinOnce();
        leader.AnsweredWhenDeposed = Volatile.Read(ref leader.Answering!.Answered);
        if (leader.Forming is not { } formed)
            return;
        leader.Forming = null;
        if (formed.Count > 0)
            Publish(formed);
        else
            _freeSlots.Push(formed);
    }
}
