using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace MlOps.Serving;

/// <summary>
/// Answers requests in tensors by one model. Requests whose rows are of one shape share runs over bound memory; what cannot be batched,
/// or gains nothing by it, runs alone, several at once. The rules: TensorBatching/README.md.
/// </summary>
internal sealed partial class TensorEngine : IDisposable
{
    private const int MaximumBuckets = 256;

    private readonly Lock _gate = new();
    private readonly IModelRuntime _runtime;
    private readonly BatchingOptions _options;
    private readonly TimeProvider _clock;
    private readonly BatchEngine? _rowEngine;
    private readonly ServingMetrics? _metrics;
    private readonly BatchLabels? _labels;
    private readonly ILogger _logger;
    private readonly TensorPlan? _plan;
    private readonly LengthBuckets? _lengths;
    private readonly int _parallelism;
    private readonly long _inlineBudget;
    private readonly string[] _outputNames;
    private readonly (string Name, int[] Row)? _rowOutput;
    private readonly int[]? _rowShape;
    private readonly Dictionary<ulong, TensorBucket> _buckets = [];
    private readonly TensorBucket _alone = new([], 0, 1);
    private readonly LinkedList<TensorBucket> _ready = [];
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly bool _callersRun;
    private int _queuedRows;
    private int _shaped;
    private int _seats;
    private int _away;
    private int _unbatchable;
    private bool _retired;
    private bool _disposed;
    private double _secondsPerRow = 1e-5;

    public TensorEngine(
        IModelRuntime runtime, BatchingOptions options, TimeProvider clock, BatchEngine? rowEngine = null, ServingMetrics? metrics = null, BatchLabels? labels = null,
        ILogger? logger = null)
    {
        _runtime = runtime;
        _options = options;
        _clock = clock;
        _rowEngine = runtime.HasRows && runtime.Inputs.Count == 1 ? rowEngine : null;
        _metrics = metrics;
        _labels = labels;
        _logger = logger ?? NullLogger.Instance;
        _parallelism = options.Parallelism > 0 ? options.Parallelism : Math.Min(Environment.ProcessorCount, 8);
        _callersRun = options.MaximumDelay == TimeSpan.Zero && options.RunTimeout is null;
        _inlineBudget = (long)(options.InlineBudget.TotalSeconds * Stopwatch.Frequency);
        _outputNames = [.. runtime.Outputs.Select(output => output.Name)];
        _rowShape = FindRowShape(runtime);
        _rowOutput = runtime.HasRows ? FindRowOutput(runtime) : null;
        if (!options.Tensors.Enabled)
            return;
        _plan = TensorPlan.Create(runtime.Inputs, runtime.Outputs, options.Tensors.Ragged);
        if (_plan?.IsRagged == true)
            _lengths = new LengthBuckets(options.Tensors.Ragged!.Boundaries, options.Tensors.Ragged.MaximumBuckets);
    }

    /// <summary>Ends when the engine was retired, its last request answered and its hold on the model given up.</summary>
    public Task Drained => _drained.Task;

    /// <summary>Rows waiting now.</summary>
    public int QueuedRows => Volatile.Read(ref _queuedRows);

    /// <summary>The lengths to which ragged requests are padded now.</summary>
    public IReadOnlyList<int> LengthBoundaries => _lengths?.Boundaries ?? [];

    /// <summary>Runs one request.</summary>
    /// <param name="inputs">The inputs by name; not to be changed until the task ends.</param>
    /// <param name="outputs">The outputs wanted; null means all.</param>
    /// <param name="deadline">A timestamp of the engine's clock, or 0.</param>
    /// <param name="cancellationToken">Takes the request out unless its batch was formed already; ends a run early that it has for itself.</param>
    /// <returns>How it ended.</returns>
    public ValueTask<TensorAnswer> RunAsync(
        IReadOnlyDictionary<string, ModelValue> inputs, IReadOnlyCollection<string>? outputs, long deadline, CancellationToken cancellationToken) =>
        RunAsync(inputs, outputs, new RowTerms(deadline, cancellationToken));

    /// <summary>The same with all that a request may ask.</summary>
    /// <param name="inputs">The inputs by name; not to be changed until the task ends.</param>
    /// <param name="outputs">The outputs wanted; null means all.</param>
    /// <param name="terms">What it asks of its batch.</param>
    /// <param name="into">Memory that outputs are written to instead of memory of their own.</param>
    /// <returns>How it ended.</returns>
    public ValueTask<TensorAnswer> RunAsync(
        IReadOnlyDictionary<string, ModelValue> inputs, IReadOnlyCollection<string>? outputs, in RowTerms terms, IReadOnlyDictionary<string, TensorValue>? into = null)
    {
        if (terms.CancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<TensorAnswer>(terms.CancellationToken);
        if (terms.Deadline != 0 && _clock.GetTimestamp() >= terms.Deadline)
            return new(new TensorAnswer(PredictionStatus.DeadlineExceeded));
        if (FindUnknown(outputs, into) is { } unknown)
            return new(new TensorAnswer(PredictionStatus.InvalidInput, Error: unknown));
        if (AsRows(inputs) is { } rows)
        {
            if (FindNotFinite(rows) is { } bad)
                return new(new TensorAnswer(PredictionStatus.InvalidInput, Error: bad));
            if (GoesByRow(rows, outputs))
                return RunRowsAsync(rows, terms, into);
        }

        var request = new TensorRequest { Inputs = inputs, Outputs = outputs, Into = into, Terms = terms };
        return RunAsync(request, Volatile.Read(ref _unbatchable) == 0 && _plan?.TryResolve(inputs, request) == true);
    }

    /// <summary>Refuses further requests and gives the model up after the last one that was admitted.</summary>
    public void Dispose()
    {
        TensorLeader? start;
        bool idle;
        lock (_gate)
        {
            if (_retired)
                return;
            _retired = true;
            start = _seats == 0 && _ready.Count > 0 ? TakeSeat() : null;
            idle = IsDrained();
        }

        if (start is not null)
            ThreadPool.UnsafeQueueUserWorkItem(start, preferLocal: false);
        else if (idle)
            End();
    }

    private ValueTask<TensorAnswer> RunAsync(TensorRequest request, bool resolved)
    {
        var (shapes, padded, key) = resolved ? Shapes(request) : ([], 0, 0UL);
        TensorLeader? start = null;
        TensorBatch? own = null;
        TensorRequest? displaced = null;
        lock (_gate)
        {
            if (_retired)
                return new(new TensorAnswer(PredictionStatus.Retired));
            var bucket = resolved ? FindBucket(request, shapes, padded, key) : _alone;
            if (bucket.Alone)
                request.Rows = 1;
            if (_ready.Count == 0 && (_seats == 0 || (bucket.ParallelRows == 1 && _seats < _parallelism)) && _callersRun)
            {
                start = TakeSeat();
                own = Begin(start, bucket, [request]);
            }
            else
            {
                if (_queuedRows + request.Rows > _options.QueueLimit && _queuedRows > 0 && (displaced = Displace(request, bucket)) is null)
                    return new(new TensorAnswer(PredictionStatus.Overloaded, Wait: EstimateWait()));
                bucket.Waiting.Add(request);
                bucket.WaitingRows += request.Rows;
                _queuedRows += request.Rows;
                if (!request.Terms.IsPlain)
                    _shaped++;
                if (!bucket.Queued)
                {
                    bucket.Queued = true;
                    _ready.AddLast(bucket);
                }

                start = NeedsLeader(bucket);
            }
        }

        if (displaced?.TryClaim() == true)
            displaced.Complete(new TensorAnswer(PredictionStatus.Overloaded, Wait: EstimateWait()), inline: false);
        if (own is not null)
            return RunOwn(start!, own);
        var task = request.Task;
        request.Register();
        if (start is not null)
            ThreadPool.UnsafeQueueUserWorkItem(start, preferLocal: false);
        return task;
    }

    // On the caller's own thread; what came meanwhile is left to a leader.
    private ValueTask<TensorAnswer> RunOwn(TensorLeader leader, TensorBatch batch)
    {
        var request = batch.Requests[0];
        request.TryClaim();
        Compute(leader, batch);
        TensorLeader? successor = null;
        bool last;
        lock (_gate)
        {
            Finish(batch);
            LeaveSeat(leader);
            if (_ready.Count > 0 && _seats == 0)
                successor = TakeSeat();
            last = IsDrained();
        }

        if (successor is not null)
            ThreadPool.UnsafeQueueUserWorkItem(successor, preferLocal: false);
        else if (last)
            End();
        var answer = batch.Answers[0];
        return answer.Error is OperationCanceledException cancelled && request.Token.IsCancellationRequested
            ? ValueTask.FromException<TensorAnswer>(cancelled)
            : new(answer);
    }

    private (int[][] Shapes, int Padded, ulong Key) Shapes(TensorRequest request)
    {
        var padded = request.Length > 0 ? _lengths!.Fit(request.Length) : 0;
        var shapes = _plan!.RowShapes(request, padded);
        var key = 14695981039346656037UL;
        foreach (var shape in shapes)
        {
            foreach (var dimension in shape)
                key = (key ^ (uint)dimension) * 1099511628211UL;
            key = (key ^ 0x9E3779B9UL) * 1099511628211UL;
        }

        return (shapes, padded, key);
    }

    // Under the lock. Requests too large for a batch, and those beyond the shapes that are kept, run alone.
    private TensorBucket FindBucket(TensorRequest request, int[][] shapes, int padded, ulong key)
    {
        if (!_buckets.TryGetValue(key, out var bucket))
        {
            if (_buckets.Count >= MaximumBuckets && !ForgetOldest())
                return _alone;
            var rows = RowsThatFit(shapes);
            if (rows < 1)
                return _alone;
            _buckets[key] = bucket = new TensorBucket(shapes, padded, rows, _options.ParallelRows);
        }

        bucket.LastUse = _clock.GetTimestamp();
        return request.Rows <= bucket.MaximumRows && bucket.Matches(shapes) ? bucket : _alone;
    }

    private int RowsThatFit(int[][] shapes)
    {
        var bytes = 0L;
        for (var i = 0; i < shapes.Length; i++)
        {
            var size = (long)Math.Max(16, TensorValue.SizeOf(_plan!.Inputs[i].Type!.Value));
            foreach (var dimension in shapes[i])
                size = Math.Min(size * dimension, long.MaxValue / int.MaxValue);
            bytes += size;
        }

        return (int)Math.Min(_options.MaximumBatchSize, _options.Tensors.MaximumBatchBytes / Math.Max(1, bytes));
    }

    // Under the lock. The queue is full: a request of a lower class has to go, or one of the caller that has the most waiting.
    private TensorRequest? Displace(TensorRequest request, TensorBucket own)
    {
        var displaced = Displace(request, own, sameClass: true);
        for (var node = _ready.First; displaced is null && node is not null; node = node.Next)
            displaced = Displace(request, node.Value, sameClass: false);
        return displaced;
    }

    private TensorRequest? Displace(TensorRequest request, TensorBucket bucket, bool sameClass)
    {
        if (bucket.Waiting.Displace(request, sameClass) is not { } displaced)
            return null;
        bucket.WaitingRows -= displaced.Rows;
        _queuedRows -= displaced.Rows;
        if (!displaced.Terms.IsPlain)
            _shaped--;
        if (bucket.Waiting.Count == 0 && bucket.Queued)
        {
            bucket.Queued = false;
            _ready.Remove(bucket);
        }

        return displaced;
    }

    private bool ForgetOldest()
    {
        ulong? oldest = null;
        var use = long.MaxValue;
        foreach (var (key, bucket) in _buckets)
        {
            if (bucket.Queued || bucket.Running > 0 || bucket.LastUse >= use)
                continue;
            (oldest, use) = (key, bucket.LastUse);
        }

        if (oldest is not { } gone)
            return false;
        _buckets[gone].Trim();
        return _buckets.Remove(gone);
    }

    private InvalidInputException? FindUnknown(IReadOnlyCollection<string>? outputs, IReadOnlyDictionary<string, TensorValue>? into)
    {
        foreach (var name in outputs ?? [])
        {
            if (!_outputNames.AsSpan().Contains(name))
                return new InvalidInputException($"The model has no output '{name}'. {NearestNames.Describe(name, _outputNames)}");
        }

        foreach (var name in into?.Keys ?? [])
        {
            if (!_outputNames.AsSpan().Contains(name))
                return new InvalidInputException($"Memory is given for output '{name}', which the model does not have. {NearestNames.Describe(name, _outputNames)}");
        }

        return null;
    }

    private long EstimateWait() =>
        TimeSpan.FromSeconds(Math.Clamp(_queuedRows * _secondsPerRow / _parallelism, 0.001, 60)).Ticks;

    private bool IsDrained() => _retired && _seats == 0 && _away == 0 && _ready.Count == 0;

    private void End()
    {
        lock (_gate)
        {
            if (_disposed)
                return;
            _disposed = true;
        }

        _delay?.Dispose();
        _watch?.Dispose();
        foreach (var bucket in _buckets.Values)
            bucket.Trim();
        _runtime.Dispose();
        _drained.TrySetResult();
    }
}
