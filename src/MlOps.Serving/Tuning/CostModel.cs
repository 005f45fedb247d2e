namespace MlOps.Serving;

/// <summary>
/// Predicts from one tuning how the engine will do: the time of any batch from its curve, and the latencies of a load by simulating
/// the engine's policy event by event. Immutable; simulations are repeatable.
/// </summary>
public sealed class CostModel
{
    private readonly BatchCurve _curve;
    private readonly TunedConfiguration _configuration;
    private readonly int _seats;
    private readonly int _parallelRows;
    private readonly int _maximumRows;
    private readonly int _slotRows;

    /// <summary>Makes a model of what was tuned.</summary>
    /// <param name="configuration">Settings with their curve.</param>
    /// <exception cref="ArgumentException">The configuration has no curve.</exception>
    public CostModel(TunedConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        _configuration = configuration;
        _curve = configuration.Curve ?? throw new ArgumentException("The configuration has no batch curve: tune the model first.", nameof(configuration));
        var batching = configuration.Batching;
        _seats = batching.Parallelism > 0 ? batching.Parallelism : Math.Min(Environment.ProcessorCount, 8);
        _maximumRows = BatchEngine.UsefulRows(_curve, batching.MaximumBatchSize, fixedSize: false);
        _parallelRows = Math.Clamp(batching.ParallelRows > 0 ? batching.ParallelRows : _curve.SmallestNearBest(0.2), 1, _maximumRows);
        _slotRows = _seats == 1 ? _maximumRows : Math.Clamp(_curve.SmallestNearBest(0.05), _parallelRows, _maximumRows);
    }

    /// <summary>What a request costs beside its batch: the call, the queue, the answer.</summary>
    /// <value>Default: 1 microsecond.</value>
    public TimeSpan Overhead { get; init; } = TimeSpan.FromMicroseconds(1);

    /// <summary>How long a batch takes.</summary>
    /// <param name="rows">Its rows.</param>
    /// <param name="beside">Batches that run at the same time, itself included.</param>
    /// <returns>The time.</returns>
    public TimeSpan BatchLatency(int rows, int beside = 1) =>
        _curve.Time(rows) * (beside <= 1 || _seats <= 1 ? 1 : 1 + ((_configuration.Contention - 1) * Math.Min(1, (beside - 1.0) / (_seats - 1))));

    /// <summary>The most rows a second that the engine can compute, all instances busy with full batches.</summary>
    public double Capacity
    {
        get
        {
            var spread = _configuration.Spread.Count == 0 ? 1 : _configuration.Spread.Average();
            var stalled = _configuration.Stalls.Count == 0 ? 0 : _configuration.StallsPerSecond * _configuration.Stalls.Average(stall => stall.TotalSeconds);
            return _seats * _slotRows / ((BatchLatency(_slotRows, _seats).TotalSeconds * spread * (1 + stalled)) + (Overhead.TotalSeconds * _slotRows));
        }
    }

    /// <summary>Simulates a load on the engine.</summary>
    /// <param name="arrivals">How requests arrive.</param>
    /// <param name="target">The latency that requests shall keep.</param>
    /// <param name="requests">How many are simulated.</param>
    /// <param name="seed">Of the arrivals.</param>
    /// <returns>What to expect.</returns>
    public LoadForecast Forecast(ArrivalPattern arrivals, TimeSpan target, int requests = 50_000, int seed = 1)
    {
        ArgumentNullException.ThrowIfNull(arrivals);
        ArgumentOutOfRangeException.ThrowIfLessThan(requests, 1);
        var run = new Simulation(this, arrivals.Times(requests, seed), new Random(seed));
        run.Run();
        return run.Conclude(target.TotalSeconds);
    }

    // The same rules as BatchEngine: an idle engine's caller runs its row; rows that come meanwhile form batches; another seat only
    // when enough rows wait; a delay, if any, only while no batch runs.
    private sealed class Simulation(CostModel model, double[] arrivals, Random random)
    {
        private readonly List<double> _latencies = new(arrivals.Length);
        private readonly Queue<double> _queue = new();
        private readonly PriorityQueue<(double Arrival, double[] Batch), double> _running = new();
        private readonly double _delay = model._configuration.Batching.MaximumDelay.TotalSeconds;
        private double _delayEnds = double.MaxValue;
        private double _busy;
        private long _batches;
        private long _rows;
        private long _refused;
        private double _now;

        public void Run()
        {
            var next = 0;
            while (next < arrivals.Length || _running.Count > 0 || _queue.Count > 0)
            {
                var arrival = next < arrivals.Length ? arrivals[next] : double.MaxValue;
                var completion = _running.TryPeek(out _, out var end) ? end : double.MaxValue;
                if (completion <= arrival && completion <= _delayEnds)
                {
                    _now = completion;
                    Complete(_running.Dequeue().Batch);
                }
                else if (_delayEnds <= arrival)
                {
                    _now = _delayEnds;
                    _delayEnds = double.MaxValue;
                    if (_running.Count == 0 && _queue.Count > 0)
                        StartBatch();
                }
                else
                {
                    _now = arrival;
                    Arrive();
                    next++;
                }
            }
        }

        public LoadForecast Conclude(double target)
        {
            var latencies = _latencies.ToArray();
            return new LoadForecast(
                latencies.Count(latency => latency <= target) / (double)arrivals.Length,
                TimeSpan.FromSeconds(latencies.Length == 0 ? 0 : Noise.Quantile(latencies, 0.5)),
                TimeSpan.FromSeconds(latencies.Length == 0 ? 0 : Noise.Quantile(latencies, 0.99)),
                _refused / (double)arrivals.Length,
                _batches == 0 ? 0 : _rows / (double)_batches,
                _busy / (_now * model._seats));
        }

        private void Arrive()
        {
            if (_queue.Count == 0 && _delay == 0 && (_running.Count == 0 || (model._parallelRows == 1 && _running.Count < model._seats)))
            {
                Start([_now]);
                return;
            }

            if (_queue.Count >= model._configuration.Batching.QueueLimit)
            {
                _refused++;
                return;
            }

            _queue.Enqueue(_now);
            if (_running.Count == 0)
            {
                if (_delay == 0 || _queue.Count >= model._maximumRows)
                    StartBatch();
                else if (_delayEnds == double.MaxValue)
                    _delayEnds = _now + _delay;
            }
            else if (_running.Count < model._seats && _queue.Count >= model._parallelRows * _running.Count)
            {
                StartBatch();
            }
        }

        private void StartBatch()
        {
            var rows = Math.Min(_queue.Count, model._slotRows);
            var batch = new double[rows];
            for (var i = 0; i < rows; i++)
                batch[i] = _queue.Dequeue();
            Start(batch);
            if (_queue.Count > 0 && _running.Count < model._seats && _queue.Count >= model._parallelRows * _running.Count)
                StartBatch();
        }

        private void Start(double[] batch)
        {
            var time = (model.BatchLatency(batch.Length, _running.Count + 1).TotalSeconds * Factor()) + (model.Overhead.TotalSeconds * batch.Length);
            time += Stalled(time);
            _running.Enqueue((_now, batch), _now + time);
            _busy += time;
            _batches++;
            _rows += batch.Length;
        }

        private double Factor() => model._configuration.Spread.Count == 0 ? 1 : model._configuration.Spread[random.Next(model._configuration.Spread.Count)];

        // A stall strikes whatever runs: long batches more often, and it makes none of them longer than another.
        private double Stalled(double time)
        {
            var (rate, stalls) = (model._configuration.StallsPerSecond, model._configuration.Stalls);
            var stood = 0.0;
            for (var expected = stalls.Count == 0 ? 0 : rate * time; expected > 0; expected--)
            {
                if (random.NextDouble() < expected)
                    stood += stalls[random.Next(stalls.Count)].TotalSeconds;
            }

            return stood;
        }

        private void Complete(double[] batch)
        {
            foreach (var arrival in batch)
                _latencies.Add(_now - arrival);
            if (_queue.Count > 0 && _running.Count < model._seats)
                StartBatch();
        }
    }
}
