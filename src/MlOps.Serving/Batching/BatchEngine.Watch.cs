using System.Diagnostics;

namespace MlOps.Serving;

internal sealed partial class BatchEngine
{
    private static readonly TimeSpan WatchInterval = TimeSpan.FromMilliseconds(10);

    private ITimer? _delay;
    private ITimer? _watch;
    private bool _delayArmed;
    private bool _watching;

    private void StartWatch()
    {
        if (_watching)
            return;
        _watching = true;
        _watch ??= _clock.CreateTimer(static state => ((BatchEngine)state!).Watch(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _watch.Change(WatchInterval, WatchInterval);
    }

    // A continuation may block, even on another prediction of this engine. Then somebody else answers the rest and takes the seat.
    private void Watch()
    {
        List<(BatchSlot Slot, int From)>? abandoned = null;
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
