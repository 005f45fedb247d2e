namespace MlOps.Serving;

/// <summary>Answers requests in tensors by one model, so many at once as the engine has places; the others wait their turn.</summary>
internal sealed class TensorEngine : IDisposable
{
    private readonly IModelRuntime _runtime;
    private readonly BatchingOptions _options;
    private readonly TimeProvider _clock;
    private readonly SemaphoreSlim _places;
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private int _inside;
    private bool _retired;

    public TensorEngine(IModelRuntime runtime, BatchingOptions options, TimeProvider clock)
    {
        _runtime = runtime;
        _options = options;
        _clock = clock;
        _places = new SemaphoreSlim(options.Parallelism > 0 ? options.Parallelism : Math.Min(Environment.ProcessorCount, 8));
    }

    /// <summary>Ends when the engine was retired, its last request answered and its hold on the model given up.</summary>
    public Task Drained => _drained.Task;

    /// <summary>Runs one request.</summary>
    /// <param name="inputs">The inputs by name; not to be changed until the task ends.</param>
    /// <param name="outputs">The outputs wanted; null means all.</param>
    /// <param name="deadline">A timestamp of the engine's clock, or 0.</param>
    /// <param name="cancellationToken">Takes the request out while it waits and ends its run early.</param>
    /// <returns>How it ended.</returns>
    public async ValueTask<TensorAnswer> RunAsync(
        IReadOnlyDictionary<string, ModelValue> inputs, IReadOnlyCollection<string>? outputs, long deadline, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_retired)
                return new TensorAnswer(PredictionStatus.Retired);
            if (_inside >= _options.QueueLimit)
                return new TensorAnswer(PredictionStatus.Overloaded, Wait: TimeSpan.TicksPerMillisecond);
            _inside++;
        }

        try
        {
            await _places.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                if (deadline != 0 && _clock.GetTimestamp() >= deadline)
                    return new TensorAnswer(PredictionStatus.DeadlineExceeded);
                return new TensorAnswer(PredictionStatus.Ok, _runtime.Run(inputs, outputs, cancellationToken));
            }
            finally
            {
                _places.Release();
            }
        }
        catch (InvalidInputException e)
        {
            return new TensorAnswer(PredictionStatus.InvalidInput, Error: e);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return new TensorAnswer(PredictionStatus.Failed, Error: e);
        }
        finally
        {
            bool last;
            lock (_gate)
                last = --_inside == 0 && _retired;
            if (last)
                End();
        }
    }

    /// <summary>Refuses further requests and gives the model up after the last one that was admitted.</summary>
    public void Dispose()
    {
        bool idle;
        lock (_gate)
        {
            if (_retired)
                return;
            _retired = true;
            idle = _inside == 0;
        }

        if (idle)
            End();
    }

    private void End()
    {
        _places.Dispose();
        _runtime.Dispose();
        _drained.TrySetResult();
    }
}
