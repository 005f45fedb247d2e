using System.Diagnostics;

namespace MlOps.Serving;

/// <summary>Measures a model on this machine.</summary>
internal sealed class TuningBench : ITuningBench
{
    private const long BufferBytes = 64L << 20;
    private const int WidestOwnDestination = 1024;
    private const int SharedDestinations = 16;
    private const int KeptTimes = 64;
    private const double SlowRow = 1e-3;
    private const double StallFactor = 3;
    private const double ShortestStall = 5e-5;

    private readonly Func<OnnxRuntimeOptions, IModelRuntime> _open;
    private readonly Dictionary<OnnxRuntimeOptions, Opened> _sessions = [];
    private readonly RowPool _pool;
    private readonly long _begin = Stopwatch.GetTimestamp();
    private long _next;

    public TuningBench(Func<OnnxRuntimeOptions, IModelRuntime> open, Func<IModelRuntime, RowPool> rows, OnnxRuntimeOptions first)
    {
        _open = open;
        var runtime = open(first);
        _sessions.Add(first, new Opened(runtime));
        _pool = rows(runtime);
        Runtime = runtime;
        LargestBatch = runtime.FixedBatchSize
            ?? (int)Math.Clamp(BufferBytes / (sizeof(float) * ((long)runtime.InputWidth + runtime.OutputWidth)), 1, 4096);
    }

    public IModelRuntime Runtime { get; }

    public RowPool Pool => _pool;

    public int Cores => Environment.ProcessorCount;

    public int LargestBatch { get; }

    public int DistinctRows => _pool.Distinct;

    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(_begin);

    public TuningSample Run(OnnxRuntimeOptions session, int rows, int instances, TimeSpan atLeast)
    {
        var opened = Open(session);
        if (instances == 1)
            return Undisturbed(Runs(opened.Buffer(0, rows), rows, atLeast, null), session, rows, 1);
        var samples = new TuningSample[instances];
        using var start = new Barrier(instances);
        var threads = new Thread[instances];
        Exception? failure = null;
        for (var i = 0; i < instances; i++)
        {
            var number = i;
            var buffer = opened.Buffer(number, rows);
            threads[i] = new Thread(() =>
            {
                try
                {
                    samples[number] = Runs(buffer, rows, atLeast, start);
                }
                catch (Exception e)
                {
                    failure = e;
                    start.RemoveParticipant();
                }
            }) { IsBackground = true };
            threads[i].Start();
        }

        foreach (var thread in threads)
            thread.Join();
        if (failure is not null)
            throw new InvalidDefinitionException($"A batch of {rows} rows failed on {instances} threads: {failure.Message}", failure);

        // Threads end at different moments: their rates add up, not their rows over the longest time.
        var seconds = samples.Average(sample => sample.Seconds);
        var sum = new TuningSample((long)(samples.Sum(sample => sample.RowsPerSecond) * seconds), seconds, samples.Average(sample => sample.SecondsPerRun), samples.Sum(sample => sample.CpuSeconds))
        {
            Times = [.. samples.SelectMany(sample => sample.Times)],
            Stalls = [.. samples.SelectMany(sample => sample.Stalls)],
        };
        return Undisturbed(sum, session, rows, instances);
    }

    // Other programs stretch the time that passes, but not the processor time: a run of one thread takes no longer than it works.
    // Runs of several threads have to show in passed time that they gain.
    private static TuningSample Undisturbed(TuningSample sample, OnnxRuntimeOptions session, int rows, int instances)
    {
        var working = sample.CpuSeconds / instances;
        if (session.IntraOpThreads != 1 || working <= 0 || working >= sample.Seconds)
            return sample;
        return sample with { PassedSeconds = sample.Seconds, Seconds = working, SecondsPerRun = Math.Min(sample.SecondsPerRun, working * instances * rows / sample.Rows) };
    }

    public TuningSample RunEngine(OnnxRuntimeOptions session, BatchingOptions batching, int callers, TimeSpan atLeast, BatchCurve? curve = null)
    {
        var opened = Open(session);
        var engine = opened.Engine(batching, curve);
        var width = engine.OutputWidth;
        var destinations = new float[width > WidestOwnDestination ? Math.Min(callers, SharedDestinations) : callers][];
        for (var i = 0; i < destinations.Length; i++)
            destinations[i] = new float[width];
        var slow = opened.SecondsPerRow > SlowRow;
        using var cancellation = new CancellationTokenSource();
        using var wait = new ManualResetEventSlim();
        var load = new Load(this, engine, callers);
        var running = new Task[callers];
        for (var i = 0; i < callers; i++)
        {
            var number = i;
            running[i] = Task.Run(() => load.AskAsync(number, destinations[number % destinations.Length], slow ? cancellation.Token : CancellationToken.None));
        }

        // The first answers come from an engine that is not yet under load.
        var perRow = Math.Max(opened.SecondsPerRow, 1e-7);
        wait.Wait(TimeSpan.FromSeconds(Math.Clamp(perRow * callers, 0.001, atLeast.TotalSeconds / 2)));
        var (begin, before, cpu) = (Stopwatch.GetTimestamp(), load.Answered, Environment.CpuUsage.TotalTime);
        wait.Wait(atLeast);
        long answered;
        var spent = TimeSpan.Zero;
        while ((answered = load.Answered - before) == 0 && spent < TimeSpan.FromSeconds(5))
        {
            wait.Wait(1);
            spent = Stopwatch.GetElapsedTime(begin);
        }

        var seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        var worked = (Environment.CpuUsage.TotalTime - cpu).TotalSeconds;
        load.Stop();
        cancellation.Cancel();
        Task.WaitAll(running, CancellationToken.None);
        return new TuningSample(answered, seconds, 0, worked);
    }

    public void Release(OnnxRuntimeOptions session)
    {
        if (_sessions.Remove(session, out var opened))
            opened.Dispose();
    }

    public void Dispose()
    {
        foreach (var opened in _sessions.Values)
            opened.Dispose();
        _sessions.Clear();
    }

    private Opened Open(OnnxRuntimeOptions session)
    {
        if (!_sessions.TryGetValue(session, out var opened))
            _sessions.Add(session, opened = new Opened(_open(session)));
        if (!opened.Warm)
        {
            opened.Warm = true;
            var buffer = opened.Buffer(0, 1);
            Runs(buffer, 1, TimeSpan.Zero, null);
            opened.SecondsPerRow = Runs(buffer, 1, TimeSpan.FromMilliseconds(2), null).SecondsPerRun;
        }

        return opened;
    }

    private TuningSample Runs(IBatchBuffer buffer, int rows, TimeSpan atLeast, Barrier? start)
    {
        // Each size has bindings that its first run makes.
        var input = buffer.Input;
        Next(rows, input.Span);
        buffer.Run(rows);
        start?.SignalAndWait();
        var times = new List<double>();
        var cpu = Environment.CpuUsage.TotalTime;
        var begin = Stopwatch.GetTimestamp();
        var before = begin;
        long runs = 0;
        TimeSpan passed;
        do
        {
            Next(rows, input.Span);
            buffer.Run(rows);
            runs++;
            var now = Stopwatch.GetTimestamp();
            times.Add((now - before) / (double)Stopwatch.Frequency);
            before = now;
            passed = Stopwatch.GetElapsedTime(begin, now);
        }
        while (passed < atLeast);

        // Of all threads, so it counts for one of several instances their share.
        var worked = (Environment.CpuUsage.TotalTime - cpu).TotalSeconds / (start?.ParticipantCount ?? 1);
        var usual = Noise.Quantile(times.ToArray(), 0.25);
        var stall = Math.Max(StallFactor * usual, usual + ShortestStall);
        double[] stalls = [.. times.Where(time => time > stall).Select(time => time - usual)];
        times.RemoveAll(time => time > stall);
        return new TuningSample(runs * rows, passed.TotalSeconds, usual, worked) { Times = Some(times), Stalls = stalls };
    }

    private static double[] Some(List<double> times)
    {
        var some = new double[Math.Min(times.Count, KeptTimes)];
        for (var i = 0; i < some.Length; i++)
            some[i] = times[(int)((long)i * times.Count / some.Length)];
        return some;
    }

    private void Next(int rows, Span<float> destination)
    {
        var at = Interlocked.Add(ref _next, rows) - rows;
        _pool.Copy(at, rows, destination);
    }

    /// <summary>A session with its buffers and engines.</summary>
    private sealed class Opened(IModelRuntime runtime) : IDisposable
    {
        private readonly Dictionary<int, IBatchBuffer> _buffers = [];
        private readonly Dictionary<(BatchingOptions, BatchCurve?), BatchEngine> _engines = [];

        public bool Warm { get; set; }

        public double SecondsPerRow { get; set; }

        public IBatchBuffer Buffer(int instance, int rows)
        {
            if (_buffers.TryGetValue(instance, out var buffer))
            {
                if (buffer.MaximumRows >= rows)
                    return buffer;
                buffer.Dispose();
            }

            return _buffers[instance] = runtime.CreateBuffer(rows);
        }

        public BatchEngine Engine(BatchingOptions batching, BatchCurve? curve)
        {
            if (!_engines.TryGetValue((batching, curve), out var engine))
                _engines.Add((batching, curve), engine = new BatchEngine(new BorrowedRuntime(runtime), batching, TimeProvider.System, curve));
            return engine;
        }

        public void Dispose()
        {
            foreach (var engine in _engines.Values)
            {
                engine.Retire();
                engine.Drained.GetAwaiter().GetResult();
            }

            foreach (var buffer in _buffers.Values)
                buffer.Dispose();
            runtime.Dispose();
        }
    }

    /// <summary>Callers that ask without pause, each its own rows in turn.</summary>
    private sealed class Load(TuningBench bench, BatchEngine engine, int callers)
    {
        private readonly PaddedCount[] _counts = new PaddedCount[callers];
        private bool _stop;

        public long Answered
        {
            get
            {
                long sum = 0;
                for (var i = 0; i < _counts.Length; i++)
                    sum += Volatile.Read(ref _counts[i].Value);
                return sum;
            }
        }

        public void Stop() => Volatile.Write(ref _stop, true);

        public async Task AskAsync(int number, Memory<float> destination, CancellationToken cancellationToken)
        {
            var row = (long)number * 7919;
            try
            {
                while (!Volatile.Read(ref _stop))
                {
                    var answer = await engine.PredictAsync(bench._pool[row++], destination, 0, cancellationToken).ConfigureAwait(false);
                    if (answer.Status == PredictionStatus.Ok)
                        Volatile.Write(ref _counts[number].Value, _counts[number].Value + 1);
                    else if (answer.Status == PredictionStatus.Failed)
                        throw new InvalidDefinitionException($"A row failed while the engine was measured: {answer.Error?.Message}", answer.Error);
                }
            }
            catch (OperationCanceledException)
            {
                // The measurement is over.
            }
        }
    }

    [System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Explicit, Size = 128)]
    private struct PaddedCount
    {
        [System.Runtime.InteropServices.FieldOffset(0)]
        public long Value;
    }
}
