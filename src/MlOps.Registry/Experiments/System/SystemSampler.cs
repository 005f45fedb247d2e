namespace MlOps.Registry;

/// <summary>
/// Logs the readings of the machine to the runs that want them: one timer for all runs of an environment, none while there is no run.
/// Thread-safe.
/// </summary>
internal sealed class SystemSampler(TimeProvider clock, ISystemProbe probe)
{
    public static readonly TimeSpan LeastInterval = TimeSpan.FromSeconds(1);

    private readonly Lock _sync = new();
    private readonly Dictionary<SqlRun, Subscription> _runs = [];
    private readonly List<KeyValuePair<string, double>> _readings = [];
    private ITimer? _timer;
    private int _reading;

    public void Attach(SqlRun run, TimeSpan interval)
    {
        lock (_sync)
        {
            _runs[run] = new Subscription(interval, clock.GetTimestamp());
            Schedule();
        }
    }

    public void Detach(SqlRun run)
    {
        lock (_sync)
        {
            if (_runs.Remove(run))
                Schedule();
        }
    }

    private void Schedule()
    {
        if (_runs.Count == 0)
        {
            _timer?.Dispose();
            _timer = null;
            return;
        }

        var period = _runs.Values.Min(subscription => subscription.Interval);
        if (_timer is null)
            _timer = clock.CreateTimer(static sampler => ((SystemSampler)sampler!).Sample(), this, period, period);
        else
            _timer.Change(period, period);
    }

    private void Sample()
    {
        // A reading that takes longer than the interval is not overtaken by the next.
        if (Interlocked.Exchange(ref _reading, 1) == 1)
            return;
        try
        {
            List<SqlRun> due = [];
            lock (_sync)
            {
                foreach (var (run, subscription) in _runs)
                {
                    // Timers are late and early by a little; a tenth of the interval does not make a run miss its turn.
                    if (clock.GetElapsedTime(subscription.Last) < subscription.Interval * 0.9)
                        continue;
                    due.Add(run);
                    subscription.Last = clock.GetTimestamp();
                }
            }

            if (due.Count == 0)
                return;
            _readings.Clear();
            probe.Read(_readings);
            var readings = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_readings);
            foreach (var run in due)
                run.LogSystem(readings);
        }
        finally
        {
            Volatile.Write(ref _reading, 0);
        }
    }

    private sealed class Subscription(TimeSpan interval, long last)
    {
        public TimeSpan Interval => interval;

        public long Last { get; set; } = last;
    }
}
