namespace MlOps.Serving;

// When an idle engine lets the first row wait for mates. All under the lock.
internal sealed partial class BatchEngine
{
    private ITimer? _delay;
    private bool _delayArmed;
    private long _lastArrival;
    private double _arrivalsPerSecond;

    private void NoteArrival()
    {
        if (_curve is null)
            return;
        var now = _clock.GetTimestamp();
        var since = now - _lastArrival;
        if (_lastArrival != 0 && since > 0)
            _arrivalsPerSecond = (_arrivalsPerSecond * 0.8) + (0.2 * _clock.TimestampFrequency / since);
        _lastArrival = now;
    }

    // The rows expected meanwhile must save together more time of the processor than the first one spends waiting.
    private bool WaitingPays()
    {
        if (_curve is null)
            return true;
        var delay = _options.MaximumDelay.TotalSeconds;
        var mates = _arrivalsPerSecond * delay;
        var rows = (int)Math.Clamp(1 + mates, 1, _maximumRows);
        return mates * (_curve.TimePerRow(1) - _curve.TimePerRow(rows)).TotalSeconds > delay;
    }

    private void ArmDelay(TimeSpan delay)
    {
        if (_delayArmed)
            return;
        _delayArmed = true;
        _delay ??= _clock.CreateTimer(static state => ((BatchEngine)state!).DelayEnded(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _delay.Change(delay, Timeout.InfiniteTimeSpan);
    }

    private void DelayEnded()
    {
        BatchLeader? start;
        lock (_gate)
        {
            _delayArmed = false;
            start = _seats == 0 && _queuedRows > 0 && !_disposed ? TakeSeat() : null;
        }

        if (start is not null)
            ThreadPool.UnsafeQueueUserWorkItem(start, preferLocal: false);
    }
}
