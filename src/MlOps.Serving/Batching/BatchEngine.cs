using System.Diagnostics;
using System.Threading.Tasks.Sources;

namespace MlOps.Serving;

/// <summary>
/// Lets concurrent callers share runs of one model. A caller that finds the engine idle runs its row itself; rows that come meanwhile
/// are copied into the next batch's bound buffer under a short lock, and a leader on the thread pool runs batch after batch until none
/// waits, answering callers inline; what those ask next joins the leader's own next batch without a lock. The design and what failed:
/// Batching/README.md.
/// </summary>
internal sealed partial class BatchEngine : IDisposable
{
    private const int CopyUnderLockWidth = 512;
    private const long QueueBytes = 256L << 20;

    private static readonly RowTerms s_noTerms = new(0);

    private readonly Lock _gate = new();
    private readonly IModelRuntime _runtime;
    private readonly TimeProvider _clock;
    private readonly BatchingOptions _options;
    private readonly ServingMetrics? _metrics;
    private readonly BatchLabels? _labels;
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly int _width;
    private readonly int _outputs;
    private readonly int _maximumRows;
    private readonly int _queueLimit;
    private readonly int _parallelism;
    private readonly int _parallelRows;
    private readonly int _formingRows;
    private readonly int _slotRows;
    private readonly long _inlineBudget;
    private readonly long _runTimeout;
    private readonly bool _passNaN;
    private readonly bool _waits;
    private readonly bool _shaped;
    private readonly bool _callersRun;

    private int _seats;
    private int _hung;
    private long _admitted;
    private int _lastRows;
    private bool _retired;
    private bool _disposed;
    private double _secondsPerRow = 1e-5;

    public BatchEngine(
        IModelRuntime runtime, BatchingOptions options, TimeProvider clock, BatchCurve? curve = null, ServingMetrics? metrics = null, BatchLabels? labels = null)
    {
        Check(options);
        _runtime = runtime;
        _options = options;
        _clock = clock;
        _metrics = metrics;
        _labels = labels;
        _curve = curve;
        _width = runtime.InputWidth;
        _outputs = runtime.OutputWidth;
        _maximumRows = UsefulRows(
            curve, Math.Min(Math.Min(options.MaximumBatchSize, runtime.FixedBatchSize ?? int.MaxValue), RowsThatFit(runtime)), runtime.FixedBatchSize is not null);
        _queueLimit = (int)Math.Min(options.QueueLimit, Math.Max(64, QueueBytes / (sizeof(float) * Math.Max(1L, _width))));
        _parallelism = options.Parallelism > 0 ? options.Parallelism : Math.Min(Environment.ProcessorCount, 8);
        _parallelRows = Math.Clamp(options.ParallelRows > 0 ? options.ParallelRows : curve?.SmallestNearBest(0.2) ?? 1, 1, _maximumRows);
        _formingRows = _parallelism == 1 ? _maximumRows : _parallelRows;

        // With several leaders a batch holds no more rows than it needs to be cheap, so that the others get some, too.
        _slotRows = _parallelism == 1 || curve is null ? _maximumRows : Math.Clamp(curve.SmallestNearBest(0.05), _parallelRows, _maximumRows);
        _inlineBudget = (long)(options.InlineBudget.TotalSeconds * Stopwatch.Frequency);
        _runTimeout = options.RunTimeout is { } limit ? (long)(limit.TotalSeconds * clock.TimestampFrequency) : 0;
        _passNaN = options.MissingFeatures == MissingFeatures.Pass;
        _waits = options.MaximumDelay > TimeSpan.Zero && !(curve?.Gain < FlatGain);
        _shaped = options.Policy is not null || options.PreferredBatchSizes.Count > 0;
        _callersRun = !_waits && options.Policy is null && options.RunTimeout is null;
        _lanes = new RowLanes(_width);
    }

    /// <summary>Ends when the engine was retired, its last request answered and its model disposed.</summary>
    public Task Drained => _drained.Task;

    public int InputWidth => _width;

    public int OutputWidth => _outputs;

    /// <summary>Rows waiting now.</summary>
    public int QueuedRows => Volatile.Read(ref _queuedRows);

    /// <summary>Rows that batches were run with so far.</summary>
    public long Admitted => Volatile.Read(ref _admitted);

    /// <summary>Leaders and callers that run the model now.</summary>
    public int RunningBatches => Volatile.Read(ref _seats);

    /// <summary>The most rows that a batch holds here.</summary>
    public int MaximumRows => _maximumRows;

    /// <summary>Rows whose buffers stay within 32 MiB, so that images do not make batches of gigabytes.</summary>
    public static int RowsThatFit(IModelRuntime runtime) =>
        Math.Max(1, (int)Math.Min(int.MaxValue, (32L << 20) / Math.Max(1, sizeof(float) * ((long)runtime.InputWidth + runtime.OutputWidth))));

    /// <summary>Computes a row. The row is copied before the call returns; the scores are written before the task ends.</summary>
    /// <param name="row">The features.</param>
    /// <param name="destination">Where the scores go; not touched after a cancellation was reported.</param>
    /// <param name="deadline">A timestamp of the engine's clock, or 0.</param>
    /// <param name="cancellationToken">Takes the row out unless its batch was formed already.</param>
    /// <returns>How it ended.</returns>
    public ValueTask<BatchAnswer> PredictAsync(
        ReadOnlySpan<float> row, Memory<float> destination, long deadline = 0, CancellationToken cancellationToken = default)
    {
        if (deadline == 0 && !cancellationToken.CanBeCanceled && BatchLeader.Current is { } leader && leader.Engine == this &&
            row.Length == _width && destination.Length >= _outputs && Join(leader, row, destination, s_noTerms, null) is { } request)
            return new((IValueTaskSource<BatchAnswer>)request, request.Version);
        return PredictAsync(row, destination, new RowTerms(deadline, cancellationToken));
    }

    /// <summary>The same with all that a row may ask.</summary>
    public ValueTask<BatchAnswer> PredictAsync(ReadOnlySpan<float> row, Memory<float> destination, in RowTerms terms)
    {
        if (terms.CancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<BatchAnswer>(terms.CancellationToken);
        var request = Start(row, destination, terms, null, out var answer);
        return request is null ? new(answer) : new((IValueTaskSource<BatchAnswer>)request, request.Version);
    }

    /// <summary>Computes a row, or lets it join a batch.</summary>
    /// <param name="row">The features; copied before the call returns.</param>
    /// <param name="destination">Where the scores go.</param>
    /// <param name="terms">What the row asks of its batch.</param>
    /// <param name="finisher">Makes the endpoint's answer; needed by who reads the request as such.</param>
    /// <param name="answer">How it ended, when it ended at once.</param>
    /// <returns>The waiting request, to be read once; null when it ended at once.</returns>
    public BatchRequest? Start(ReadOnlySpan<float> row, Memory<float> destination, in RowTerms terms, AnswerFinisher? finisher, out BatchAnswer answer)
    {
        answer = default;
        if (row.Length != _width)
        {
            answer = new BatchAnswer(PredictionStatus.InvalidInput, null, ~(long)row.Length);
            return null;
        }

        if (destination.Length < _outputs)
            throw new ArgumentException($"The destination holds {destination.Length} scores; the model gives {_outputs}.", nameof(destination));
        if (terms.Deadline != 0 && _clock.GetTimestamp() >= terms.Deadline)
        {
            answer = new BatchAnswer(PredictionStatus.DeadlineExceeded);
            return null;
        }

        if (BatchLeader.Current is { } leader && leader.Engine == this && terms.IsPlain)
        {
            var request = JoinOwn(leader, row, destination, terms, finisher, ref answer);
            if (request is not null || answer.Status != PredictionStatus.Ok)
                return request;
        }

        return StartShared(row, destination, terms, finisher, out answer);
    }

    /// <summary>Refuses further requests and disposes the model after the last one that was admitted.</summary>
    public void Retire()
    {
        BatchLeader? start;
        bool idle;
        lock (_gate)
        {
            if (_retired)
                return;
            Volatile.Write(ref _retired, true);
            start = _seats == 0 && _queuedRows > 0 ? TakeSeat() : null;
            idle = _seats == 0;
        }

        if (start is not null)
            ThreadPool.UnsafeQueueUserWorkItem(start, preferLocal: false);
        else if (idle)
            DisposeModel();
    }

    public void Dispose() => Retire();

    private static void Check(BatchingOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaximumBatchSize, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.QueueLimit, 1);
        if (options.RunTimeout <= TimeSpan.Zero)
            throw new ArgumentOutOfRangeException(nameof(options), $"BatchingOptions.RunTimeout is {options.RunTimeout}; it must be positive, or null for no limit.");
        for (var i = 0; i < options.PreferredBatchSizes.Count; i++)
        {
            if (options.PreferredBatchSizes[i] < 1 || (i > 0 && options.PreferredBatchSizes[i] <= options.PreferredBatchSizes[i - 1]))
                throw new ArgumentException(
                    $"BatchingOptions.PreferredBatchSizes ({string.Join(", ", options.PreferredBatchSizes)}) must be positive and ascending.", nameof(options));
        }
    }

    // On the caller's thread, in a seat of its own.
    private BatchAnswer RunOwn(BatchSlot slot, ReadOnlySpan<float> row, Span<float> destination)
    {
        BatchAnswer answer = default;
        try
        {
            var bad = RowCheck.Copy(row, slot.Input(0), _passNaN);
            if (bad < 0)
            {
                slot.Buffer.Run(Padded(slot, 1));
                slot.Output(0).CopyTo(destination);
            }
            else
            {
                answer = new BatchAnswer(PredictionStatus.InvalidInput, null, bad);
            }
        }
        catch (Exception e)
        {
            answer = new BatchAnswer(PredictionStatus.Failed, e);
        }

        LeaveOwnSeat(slot);
        Interlocked.Increment(ref _admitted);
        _metrics?.Batch(1, _labels);
        return answer;
    }

    private void LeaveOwnSeat(BatchSlot slot)
    {
        BatchLeader? successor = null;
        bool last;
        lock (_gate)
        {
            _freeSlots.Push(slot);
            _seats--;
            if (_queuedRows > 0 && _seats == 0)
                successor = TakeSeat();
            last = _retired && _seats == 0;
        }

        if (successor is not null)
            ThreadPool.UnsafeQueueUserWorkItem(successor, preferLocal: false);
        else if (last)
            DisposeModel();
    }

    private void DisposeModel()
    {
        lock (_gate)
        {
            if (_disposed)
                return;
            _disposed = true;
            _delay?.Dispose();
            _watch?.Dispose();
            if (_hung > 0)
            {
                // The model stays until the run that hangs comes back; nobody waits for that.
                _drained.TrySetResult();
                return;
            }
        }

        ReleaseModel();
    }

    private void ReleaseModel()
    {
        foreach (var slot in _allSlots)
            slot.Buffer.Dispose();
        _runtime.Dispose();
        _drained.TrySetResult();
    }
}
