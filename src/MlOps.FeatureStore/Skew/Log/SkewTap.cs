namespace MlOps.Features;

/// <summary>
/// Takes served vectors of chosen keys into memory and hands them to the log in batches. A key that is not chosen costs a hash; one that is, a copy
/// under a lock that is never held over the disk.
/// </summary>
internal sealed class SkewTap : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Lock _writing = new();
    private readonly Func<string, OnlineMarks> _marks;
    private readonly SkewLog _log;
    private readonly TimeProvider _clock;
    private readonly TimeSpan _flushEvery;
    private readonly ulong _chosenBelow;
    private readonly bool _all;
    private readonly OnlineMarks[] _current;
    private readonly ITimer _timer;
    private ServedBatch _batch;
    private ServedBatch _spare;
    private long _logged;
    private long _dropped;

    public SkewTap(ServedSchema schema, SkewLog log, SkewAuditOptions options, Func<string, OnlineMarks> marks, TimeProvider clock)
    {
        Schema = schema;
        _log = log;
        _marks = marks;
        _clock = clock;
        _flushEvery = options.FlushEvery;
        _all = options.SampleRate >= 1;
        _chosenBelow = _all ? ulong.MaxValue : (ulong)(options.SampleRate * Math.ScaleB(1, 64));
        _current = new OnlineMarks[schema.Views.Length];
        _batch = new ServedBatch(schema, options.BufferedVectors);
        _spare = new ServedBatch(schema, options.BufferedVectors);
        _timer = clock.CreateTimer(static tap => ((SkewTap)tap!).FlushSoon(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public ServedSchema Schema { get; }

    /// <summary>Whether the host watches a source of its own for this service.</summary>
    public bool HasOuter { get; set; }

    public long Logged => Interlocked.Read(ref _logged);

    public long Dropped => Interlocked.Read(ref _dropped);

    public bool IsChosen(ReadOnlySpan<string> keys) => _all || KeyHash.Of(keys) < _chosenBelow;

    public void Take(ReadOnlySpan<string> keys, Timestamp asOf, ReadOnlySpan<float> values)
    {
        var servedAt = Timestamp.From(_clock.GetUtcNow()).Microseconds;
        int count;
        bool taken;
        lock (_gate)
        {
            for (var v = 0; v < _current.Length; v++)
                _current[v] = _marks(Schema.Views[v]);
            taken = _batch.TryAdd(keys, asOf.Microseconds, servedAt, _current, values);
            count = _batch.Count;
        }

        if (!taken)
        {
            Interlocked.Increment(ref _dropped);
            return;
        }

        Interlocked.Increment(ref _logged);
        if (count == 1)
            _timer.Change(_flushEvery, Timeout.InfiniteTimeSpan);
        if (count == Math.Max(1, _batch.Capacity / 2))
            FlushSoon();
    }

    /// <summary>Writes what is there. On the caller's thread, since the file layer is synchronous.</summary>
    public void Flush()
    {
        lock (_writing)
        {
            ServedBatch full;
            lock (_gate)
            {
                if (_batch.Count == 0)
                    return;
                full = _batch;
                _batch = _spare;
                _spare = full;
            }

            try
            {
                _log.Append(full);
            }
            finally
            {
                full.Clear();
            }
        }
    }

    public void Dispose()
    {
        _timer.Dispose();
        _log.Try(Flush);
    }

    private void FlushSoon() => ThreadPool.UnsafeQueueUserWorkItem(static tap => tap._log.Try(tap.Flush), this, preferLocal: false);
}
