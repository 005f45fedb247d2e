namespace MlOps.Registry;

/// <summary>Collects what a run logs until it is written. Adding takes one short lock and allocates nothing once a metric is known. Thread-safe.</summary>
internal sealed class RunBuffer(ExperimentTimings timings, FullBuffer whenFull = FullBuffer.Refuse)
{
    // A list that grew in a burst is not kept for ever.
    private const int LargestSpare = 65_536;

    private readonly object _sync = new();
    private readonly Dictionary<string, Series> _series = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _parameters = new(StringComparer.Ordinal);
    private readonly HashSet<string> _tagNames = new(StringComparer.Ordinal);
    private RunBatch _batch = new();
    private int _waitingPoints;
    private long _dropped;

    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>
    /// Loads what an earlier process logged, so that a resumed run goes on after it. The first point of the new attempt becomes the latest of its
    /// metric even where the former attempt got further: reading drops what that one logged from this step on.
    /// </summary>
    public void Resume(IEnumerable<(string Name, long Points)> series, IEnumerable<KeyValuePair<string, string>> parameters, IEnumerable<string> tagNames)
    {
        foreach (var (name, points) in series)
            _series[name] = new Series(name) { Next = points };
        foreach (var (name, value) in parameters)
            _parameters[name] = value;
        _tagNames.UnionWith(tagNames);
    }

    /// <summary>Adds a point; returns whether a write should begin now.</summary>
    public bool AddPoint(string name, MetricPoint point)
    {
        lock (_sync)
        {
            var series = Find(name);
            return WaitForRoom(1) && Add(series, point);
        }
    }

    /// <summary>Adds a point to each of several metrics, all or none; returns whether a write should begin now.</summary>
    public bool AddPoints(ReadOnlySpan<KeyValuePair<string, double>> values, long step, Timestamp time)
    {
        lock (_sync)
        {
            foreach (var (name, _) in values)
                _ = Find(name);
            if (!WaitForRoom(values.Length))
                return false;
            var write = false;
            foreach (var (name, value) in values)
                write |= Add(_series[name], new MetricPoint(step, time, value));
            return write;
        }
    }

    /// <summary>Adds measurements of the library itself: where there is no room they are left out, and nobody waits.</summary>
    public bool TryAddPoints(ReadOnlySpan<KeyValuePair<string, double>> values, long step, Timestamp time)
    {
        lock (_sync)
        {
            var write = false;
            foreach (var (name, value) in values)
            {
                if (_waitingPoints >= timings.CapacityPoints || (_series.Count >= RegistryLimits.Metrics && !_series.ContainsKey(name)))
                    continue;
                write |= Add(Find(name), new MetricPoint(step, time, value));
            }

            return write;
        }
    }

    public void AddParameter(string name, string value)
    {
        lock (_sync)
        {
            if (_parameters.TryGetValue(name, out var known))
            {
                if (known == value)
                    return;
                throw new InvalidInputException(
                    $"Parameter '{name}' of this run is '{NameRules.Shown(known)}' already and cannot become '{NameRules.Shown(value)}'. Start a new run, or log a metric or tag.");
            }

            if (_parameters.Count >= RegistryLimits.Parameters)
                throw new InvalidInputException($"The run has {_parameters.Count} parameters; at most {RegistryLimits.Parameters} are allowed. Store more as an artifact.");
            _parameters.Add(name, value);
            _batch.Parameters.Add(name, value);
        }
    }

    /// <summary>Sets a label, or takes it away.</summary>
    public void SetTag(string name, string? value)
    {
        lock (_sync)
        {
            if (value is null)
            {
                _tagNames.Remove(name);
                _batch.Tags[name] = null;
                return;
            }

            if (_tagNames.Count >= RegistryLimits.Tags && !_tagNames.Contains(name))
                throw new InvalidInputException($"The run has {_tagNames.Count} tags; at most {RegistryLimits.Tags} are allowed.");
            _tagNames.Add(name);
            _batch.Tags[name] = value;
        }
    }

    public void AddInput(RunInput input)
    {
        lock (_sync)
        {
            if (_batch.Inputs.Count >= RegistryLimits.Artifacts)
                throw new InvalidInputException($"The run has {_batch.Inputs.Count} inputs waiting; at most {RegistryLimits.Artifacts} are allowed.");
            _batch.Inputs[(input.Name, input.Role)] = input;
        }
    }

    /// <summary>Takes everything that waits. Its points count as waiting until <see cref="Written"/>.</summary>
    public RunBatch Take()
    {
        lock (_sync)
        {
            var taken = _batch;
            _batch = new RunBatch();
            foreach (var series in _series.Values)
            {
                if (series.Waiting.Count == 0)
                    continue;
                taken.Series.Add(new RunBatch.SeriesBlock(series.Name, series.Next, series.Waiting, series.Latest));
                series.Next += series.Waiting.Count;
                series.Waiting = series.Spare ?? new List<MetricPoint>(series.Waiting.Count);
                series.Spare = null;
            }

            return taken;
        }
    }

    public void Written(RunBatch batch)
    {
        lock (_sync)
        {
            _waitingPoints -= batch.Points;
            foreach (var block in batch.Series)
            {
                var series = _series[block.Name];
                if (series.Spare is not null || block.Points.Capacity > LargestSpare)
                    continue;
                block.Points.Clear();
                series.Spare = block.Points;
            }

            Monitor.PulseAll(_sync);
        }
    }

    private Series Find(string name) => _series.TryGetValue(name, out var series) ? series : AddSeries(name);

    /// <summary>Whether so many points may be added now; waits for the store, or gives up, as the run was told.</summary>
    private bool WaitForRoom(int points)
    {
        // More points at once than the whole bound are taken when nothing else waits.
        if (_waitingPoints == 0 || _waitingPoints + points <= timings.CapacityPoints)
            return true;
        if (whenFull == FullBuffer.Drop)
        {
            Interlocked.Add(ref _dropped, points);
            return false;
        }

        var begun = Environment.TickCount64;
        while (_waitingPoints > 0 && _waitingPoints + points > timings.CapacityPoints)
        {
            var left = timings.BackPressure - TimeSpan.FromMilliseconds(Environment.TickCount64 - begun);
            if (left > TimeSpan.Zero && Monitor.Wait(_sync, left))
                continue;
            if (_waitingPoints > 0 && _waitingPoints + points > timings.CapacityPoints)
            {
                throw new OverloadedException(
                    $"{_waitingPoints} metric points of this run wait to be written; the bound is {timings.CapacityPoints}. Log less often, or look why the store is slow.",
                    timings.BackPressure);
            }
        }

        return true;
    }

    private bool Add(Series series, MetricPoint point)
    {
        series.Waiting.Add(point);
        if (!series.HasLatest || point.Step > series.Latest.Step || (point.Step == series.Latest.Step && point.Time >= series.Latest.Time))
            (series.Latest, series.HasLatest) = (point, true);
        _batch.Points++;
        return ++_waitingPoints % timings.FlushPoints == 0;
    }

    private Series AddSeries(string name)
    {
        NameRules.Field("Metric", name);
        if (_series.Count >= RegistryLimits.Metrics)
            throw new InvalidInputException($"The run has {_series.Count} different metrics; at most {RegistryLimits.Metrics} are allowed. Use the step for what varies.");
        var series = new Series(name);
        _series.Add(name, series);
        return series;
    }

    private sealed class Series(string name)
    {
        public string Name { get; } = name;

        public List<MetricPoint> Waiting { get; set; } = [];

        /// <summary>The list of a batch that has been written, used again so that logging allocates nothing.</summary>
        public List<MetricPoint>? Spare { get; set; }

        public long Next { get; set; }

        public MetricPoint Latest { get; set; }

        public bool HasLatest { get; set; }
    }
}
