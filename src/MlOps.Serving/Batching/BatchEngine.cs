using System.Diagnostics;
using System.Numerics;
using System.Runtime.InteropServices;

namespace MlOps.Serving;

/// <summary>
/// Lets concurrent callers share runs of one model. A caller that finds the engine idle runs its row itself; rows that come meanwhile
/// are copied into the next batch's bound buffer under a short lock, and a leader on the thread pool runs batch after batch until none
/// waits, answering callers inline. The design and what failed: Batching/README.md.
/// </summary>
internal sealed partial class BatchEngine : IDisposable
{
    private const int CopyUnderLockWidth = 512;

    private readonly Lock _gate = new();
    private readonly IModelRuntime _runtime;
    private readonly TimeProvider _clock;
    private readonly BatchingOptions _options;
    private readonly ServingMetrics? _metrics;
    private readonly Stack<BatchSlot> _freeSlots = new();
    private readonly List<BatchSlot> _allSlots = [];
    private readonly List<BatchLeader> _active = [];
    private readonly Stack<BatchLeader> _freeLeaders = new();
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly int _width;
    private readonly int _outputs;
    private readonly int _maximumRows;
    private readonly int _parallelism;
    private readonly int _parallelRows;
    private readonly long _inlineBudget;
    private readonly bool _passNaN;

    private BatchSlot? _head;
    private BatchSlot? _tail;
    private int _queuedRows;
    private long _admitted;
    private int _seats;
    private bool _retired;
    private bool _disposed;
    private BatchRequest? _freeRequests;
    private BatchRequest? _returnedRequests;
    private double _secondsPerRow = 1e-5;

    public BatchEngine(IModelRuntime runtime, BatchingOptions options, TimeProvider clock, int parallelRows = 1, ServingMetrics? metrics = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaximumBatchSize, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.QueueLimit, 1);
        _runtime = runtime;
        _options = options;
        _clock = clock;
        _metrics = metrics;
        _width = runtime.InputWidth;
        _outputs = runtime.OutputWidth;
        _maximumRows = Math.Min(Math.Min(options.MaximumBatchSize, runtime.FixedBatchSize ?? int.MaxValue), RowsThatFit(runtime));
        _parallelism = options.Parallelism > 0 ? options.Parallelism : Math.Min(Environment.ProcessorCount, 8);
        _parallelRows = Math.Clamp(options.ParallelRows > 0 ? options.ParallelRows : parallelRows, 1, _maximumRows);
        _inlineBudget = (long)(options.InlineBudget.TotalSeconds * Stopwatch.Frequency);
        _passNaN = options.MissingFeatures == MissingFeatures.Pass;
    }

    /// <summary>Ends when the engine was retired, its last request answered and its model disposed.</summary>
    public Task Drained => _drained.Task;

    public int InputWidth => _width;

    public int OutputWidth => _outputs;

    /// <summary>Rows whose buffers stay within 32 MiB, so that images do not make batches of gigabytes.</summary>
    public static int RowsThatFit(IModelRuntime runtime) =>
        Math.Max(1, (int)Math.Min(int.MaxValue, (32L << 20) / Math.Max(1, sizeof(float) * ((long)runtime.InputWidth + runtime.OutputWidth))));

    /// <summary>Rows admitted so far.</summary>
    public long Admitted => Volatile.Read(ref _admitted);

    /// <summary>Rows waiting now.</summary>
    public int QueuedRows => Volatile.Read(ref _queuedRows);

    /// <summary>Computes a row. The row is copied before the call returns; the scores are written before the task ends.</summary>
    /// <param name="row">The features.</param>
    /// <param name="destination">Where the scores go; not touched after a cancellation was reported.</param>
    /// <param name="deadline">A timestamp of the engine's clock, or 0.</param>
    /// <param name="cancellationToken">Takes the row out unless its batch was formed already.</param>
    /// <returns>How it ended.</returns>
    public ValueTask<BatchAnswer> PredictAsync(
        ReadOnlySpan<float> row, Memory<float> destination, long deadline = 0, CancellationToken cancellationToken = default)
    {
        if (row.Length != _width)
            return new(new BatchAnswer(PredictionStatus.InvalidInput, null, ~(long)row.Length));
        if (destination.Length < _outputs)
            throw new ArgumentException($"The destination holds {destination.Length} scores; the model gives {_outputs}.", nameof(destination));
        var bad = FindNonFinite(row, _passNaN);
        if (bad >= 0)
            return new(new BatchAnswer(PredictionStatus.InvalidInput, null, bad));
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<BatchAnswer>(cancellationToken);
        if (deadline != 0 && _clock.GetTimestamp() >= deadline)
            return new(new BatchAnswer(PredictionStatus.DeadlineExceeded));

        BatchSlot slot;
        BatchRequest request;
        BatchLeader? start = null;
        int index;
        lock (_gate)
        {
            if (_retired)
                return new(new BatchAnswer(PredictionStatus.Retired));
            if (_head is null && (_seats == 0 || (_parallelRows == 1 && _seats < _parallelism)) && _options.MaximumDelay == TimeSpan.Zero)
            {
                slot = RentSlot();
                _seats++;
                _admitted++;
                index = -1;
                request = null!;
            }
            else
            {
                if (_queuedRows >= _options.QueueLimit)
                    return new(new BatchAnswer(PredictionStatus.Overloaded, null, EstimateWait()));
                request = RentRequest();
                request.Begin(destination, deadline, cancellationToken.CanBeCanceled);
                slot = _tail is { } tail && tail.Count < _maximumRows ? tail : AppendSlot();
                index = slot.Count++;
                slot.Requests[index] = request;
                _queuedRows++;
                _admitted++;
                if (_width <= CopyUnderLockWidth)
                {
                    row.CopyTo(slot.Buffer.Input.Span.Slice(index * _width, _width));
                    slot.Written++;
                }

                start = NeedsLeader();
            }
        }

        if (index < 0)
            return new(RunOwn(slot, row, destination.Span));
        if (_width > CopyUnderLockWidth)
        {
            row.CopyTo(slot.Buffer.Input.Span.Slice(index * _width, _width));
            Interlocked.Increment(ref slot.Written);
        }

        if (cancellationToken.CanBeCanceled)
            request.Register(cancellationToken);
        var task = new ValueTask<BatchAnswer>(request, request.Version);
        if (start is not null)
            ThreadPool.UnsafeQueueUserWorkItem(start, preferLocal: false);
        return task;
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
            _retired = true;
            start = _seats == 0 && _head is not null ? TakeSeat() : null;
            idle = _seats == 0;
        }

        if (start is not null)
            ThreadPool.UnsafeQueueUserWorkItem(start, preferLocal: false);
        else if (idle)
            DisposeModel();
    }

    public void Dispose() => Retire();

    internal void Return(BatchRequest request)
    {
        // Only ever pushed one by one and taken whole, so the ABA problem of such lists does not arise.
        var head = Volatile.Read(ref _returnedRequests);
        while (true)
        {
            request.Next = head;
            var seen = Interlocked.CompareExchange(ref _returnedRequests, request, head);
            if (seen == head)
                return;
            head = seen;
        }
    }

    // The position of the first infinity (or NaN, unless it may pass), or -1. x * 0 is NaN for exactly those two.
    private static int FindNonFinite(ReadOnlySpan<float> row, bool passNaN)
    {
        var sum = 0f;
        var i = 0;
        if (Vector.IsHardwareAccelerated && row.Length >= Vector<float>.Count)
        {
            var vectors = MemoryMarshal.Cast<float, Vector<float>>(row);
            var total = Vector<float>.Zero;
            foreach (var vector in vectors)
                total += vector * Vector<float>.Zero;
            sum = Vector.Sum(total);
            i = vectors.Length * Vector<float>.Count;
        }

        for (; i < row.Length; i++)
            sum += row[i] * 0f;
        if (sum == 0f)
            return -1;
        for (i = 0; i < row.Length; i++)
        {
            if (float.IsInfinity(row[i]) || (!passNaN && float.IsNaN(row[i])))
                return i;
        }

        return -1;
    }

    private BatchAnswer RunOwn(BatchSlot slot, ReadOnlySpan<float> row, Span<float> destination)
    {
        BatchAnswer answer = default;
        try
        {
            row.CopyTo(slot.Buffer.Input.Span);
            slot.Buffer.Run(1);
            slot.Buffer.Output.Span[.._outputs].CopyTo(destination);
        }
        catch (Exception e)
        {
            answer = new BatchAnswer(PredictionStatus.Failed, e);
        }

        BatchLeader? successor = null;
        bool last;
        lock (_gate)
        {
            slot.Reset();
            _freeSlots.Push(slot);
            _seats--;
            if (_head is not null && _seats == 0)
                successor = TakeSeat();
            last = _retired && _seats == 0;
        }

        if (successor is not null)
            ThreadPool.UnsafeQueueUserWorkItem(successor, preferLocal: false);
        else if (last)
            DisposeModel();
        _metrics?.Batch(1);
        return answer;
    }

    // Under the lock. Another batch beside the running ones only when enough rows wait that it costs no batching.
    private BatchLeader? NeedsLeader()
    {
        if (_seats == 0)
        {
            if (_options.MaximumDelay == TimeSpan.Zero || _queuedRows >= _maximumRows)
                return TakeSeat();
            ArmDelay();
            return null;
        }

        return _seats < _parallelism && _queuedRows >= _parallelRows * _seats ? TakeSeat() : null;
    }

    private BatchSlot AppendSlot()
    {
        var slot = RentSlot();
        if (_tail is null)
            _head = slot;
        else
            _tail.Next = slot;
        _tail = slot;
        return slot;
    }

    private BatchSlot RentSlot()
    {
        if (_freeSlots.TryPop(out var slot))
            return slot;
        slot = new BatchSlot(_runtime.CreateBuffer(_maximumRows));
        _allSlots.Add(slot);
        return slot;
    }

    private BatchRequest RentRequest()
    {
        var request = _freeRequests ?? Interlocked.Exchange(ref _returnedRequests, null);
        if (request is null)
            return new BatchRequest(this);
        _freeRequests = request.Next;
        request.Next = null;
        return request;
    }

    private long EstimateWait() =>
        TimeSpan.FromSeconds(Math.Clamp(_queuedRows * _secondsPerRow / _parallelism, 0.001, 60)).Ticks;

    private void DisposeModel()
    {
        lock (_gate)
        {
            if (_disposed)
                return;
            _disposed = true;
        }

        _delay?.Dispose();
        _watch?.Dispose();
        foreach (var slot in _allSlots)
            slot.Buffer.Dispose();
        _runtime.Dispose();
        _drained.TrySetResult();
    }
}
