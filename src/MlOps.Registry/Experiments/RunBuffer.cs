namespace MlOps.Registry;

/// <summary>Collects what a run logs until it is written. Adding takes one short lock and allocates nothing once a metric is known. Thread-safe.</summary>
internal sealed class RunBuffer(ExperimentTimings timings)
{
    private readonly object _sync = new();
    private readonly Dictionary<string, Series> _series = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _parameters = new(StringComparer.Ordinal);
    private readonly HashSet<string> _tagNames = new(StringComparer.Ordinal);
    private RunBatch _batch = new();
    private int _waitingPoints;

    /// <summary>Loads what an earlier process logged, so that a resumed run goes on after it.</summary>
    public void Resume(
        IEnumerable<(string Name, long Points, MetricPoint Latest)> series, IEnumerable<KeyValuePair<string, string>> parameters, IEnumerable<string> tagNames)
    {
        foreach (var (name, points, latest) in series)
            _series[name] = new Series(name) { Next = points, Latest = latest, HasLatest = true };
        foreach (var (name, value) in parameters)
            _parameters[name] = value;
        _tagNames.UnionWith(tagNames);
    }

    /// <summary>Adds a point; returns whether a write should begin now.</summary>
    public bool AddPoint(string name, MetricPoint point)
    {
        lock (_sync)
        {
            if (!_series.TryGetValue(name, out var series))
                series = AddSeries(name);
            if (_waitingPoints >= timings.CapacityPoints && !Monitor.Wait(_sync, timings.BackPressure) && _waitingPoints >= timings.CapacityPoints)
            {
                throw new OverloadedException(
                    $"{_waitingPoints} metric points of this run wait to be written; the bound is {timings.CapacityPoints}. Log less often, or look why the store is slow.",
                    timings.BackPressure);
            }

            series.Waiting.Add(point);
            if (!series.HasLatest || point.Step > series.Latest.Step || (point.Step == series.Latest.Step && point.Time >= series.Latest.Time))
                (series.Latest, series.HasLatest) = (point, true);
            _batch.Points++;
            return ++_waitingPoints % timings.FlushPoints == 0;
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

    public void SetTag(string name, string value)
    {
        lock (_sync)
        {
            if (_tagNames.Count >= RegistryLimits.Tags && !_tagNames.Contains(name))
                throw new InvalidInputException($"The run has {_tagNames.Count} tags; at most {RegistryLimits.Tags} are allowed.");
            _tagNames.Add(name);
            _batch.Tags[name] = value;
        }
    }

    public void AddInput(string name, string digest, string role)
    {
        lock (_sync)
        {
            if (_batch.Inputs.Count >= RegistryLimits.Artifacts)
                throw new InvalidInputException($"The run has {_batch.Inputs.Count} inputs waiting; at most {RegistryLimits.Artifacts} are allowed.");
            _batch.Inputs[(name, role)] = digest;
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
                series.Waiting = new List<MetricPoint>(series.Waiting.Count);
            }

            return taken;
        }
    }

    public void Written(RunBatch batch)
    {
        lock (_sync)
        {
            _waitingPoints -= batch.Points;
            Monitor.PulseAll(_sync);
        }
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

        public long Next { get; set; }

        public MetricPoint Latest { get; set; }

        public bool HasLatest { get; set; }
    }
}
