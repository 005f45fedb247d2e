namespace MlOps.Features;

/// <summary>
/// The watermarks of a job. A partition's is its newest event time less the allowed disorder; while it is idle it moves with the clock;
/// the job's is the smallest. It never goes back.
/// </summary>
internal sealed class StreamClock(StreamJob job, TimeProvider clock)
{
    private readonly Lock _gate = new();
    private readonly List<Partition> _partitions = [];
    private long _watermark = long.MinValue;

    public Partition Add(long newestEvent)
    {
        lock (_gate)
        {
            var partition = new Partition(newestEvent, clock.GetTimestamp());
            _partitions.Add(partition);
            return partition;
        }
    }

    /// <summary>A partition that has ended holds nothing up any more.</summary>
    public void Remove(Partition partition)
    {
        lock (_gate)
            _partitions.Remove(partition);
    }

    /// <summary>Takes in the newest event time of some rows, after their own lateness has been judged.</summary>
    public void Observe(Partition partition, long newestEvent)
    {
        lock (_gate)
        {
            partition.Newest = Math.Max(partition.Newest, newestEvent);
            partition.SeenAt = clock.GetTimestamp();
        }
    }

    /// <summary>The job's watermark in microseconds; <see cref="long.MinValue"/> until every partition had a row or is idle.</summary>
    public long Watermark()
    {
        lock (_gate)
        {
            var smallest = long.MaxValue;
            foreach (var partition in _partitions)
            {
                var own = WatermarkOf(partition);
                // An idle partition without any row says nothing about event time.
                if (own == long.MinValue && IsIdle(partition))
                    continue;
                smallest = Math.Min(smallest, own);
            }

            if (smallest != long.MaxValue)
                _watermark = Math.Max(_watermark, smallest);
            return _watermark;
        }
    }

    /// <summary>What holds the job's watermark besides one partition: its present value, and the smallest watermark of the others.</summary>
    public (long Job, long Others) Beside(Partition partition)
    {
        lock (_gate)
        {
            var others = long.MaxValue;
            foreach (var other in _partitions)
            {
                var own = WatermarkOf(other);
                if (other != partition && !(own == long.MinValue && IsIdle(other)))
                    others = Math.Min(others, own);
            }

            return (_watermark, others);
        }
    }

    public (long Watermark, bool IsIdle) Read(Partition partition)
    {
        lock (_gate)
            return (WatermarkOf(partition), IsIdle(partition));
    }

    private bool IsIdle(Partition partition) => clock.GetElapsedTime(partition.SeenAt) >= job.IdleAfter;

    private long WatermarkOf(Partition partition)
    {
        if (partition.Newest == long.MinValue)
            return long.MinValue;
        var idle = clock.GetElapsedTime(partition.SeenAt) - job.IdleAfter;
        // At the clock's speed, not to the clock's time: a stream of old events that pauses must not make the rest of it late.
        return partition.Newest - job.MaxOutOfOrderness.Ticks / 10 + (idle > TimeSpan.Zero ? idle.Ticks / 10 : 0);
    }

    internal sealed class Partition(long newest, long seenAt)
    {
        public long Newest { get; set; } = newest;

        public long SeenAt { get; set; } = seenAt;
    }
}
