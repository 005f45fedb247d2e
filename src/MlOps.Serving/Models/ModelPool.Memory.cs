namespace MlOps.Serving;

internal sealed partial class ModelPool
{
    private const long TrimEvery = 64L << 20;

    private readonly LinkedList<Reservation> _waiting = [];
    private long _used;
    private long _peak;
    private long _leavingBytes;
    private long _untrimmed;
    private int _trimming;

    // Before the load: what is reserved is there, and nobody who comes later overtakes who waits for memory.
    private async Task ReserveAsync(PooledModel model, long bytes)
    {
        Reservation reservation;
        List<PooledModel>? leaving = null;
        lock (_gate)
        {
            if (_memory.BudgetBytes is not { } budget)
            {
                Hold(model, bytes);
                return;
            }

            if (bytes > budget)
                throw new InvalidDefinitionException(
                    $"{model.Version} takes about {bytes} bytes of memory, more than the whole budget of {budget} (ServingOptions.Memory.BudgetBytes): raise it or serve a smaller model.");
            if (_waiting.Count == 0 && _used + bytes <= budget)
            {
                Hold(model, bytes);
                return;
            }

            reservation = new Reservation(model, bytes);
            _waiting.AddLast(reservation);
            Plan(ref leaving);
        }

        Leave(leaving);
        try
        {
            await reservation.Granted.Task.WaitAsync(_memory.WaitLimit, context.Clock).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            lock (_gate)
            {
                if (!_waiting.Remove(reservation))
                    return;
            }

            throw Refused(model, bytes);
        }
    }

    // Under the lock. Grants what fits in the order of asking, then lets go as much as the others want, cheapest first.
    private void Plan(ref List<PooledModel>? leaving)
    {
        var budget = _memory.BudgetBytes ?? long.MaxValue;
        while (_waiting.First is { } first && _used + first.Value.Bytes <= budget)
            Grant(first);
        var missing = _used - _leavingBytes - budget;
        foreach (var reservation in _waiting)
            missing += reservation.Bytes;
        if (missing <= 0)
            return;
        Sample();
        foreach (var model in _models.Values.Where(CanLeave).Select(model => (model, value: _policy.Value(model.Use))).OrderBy(pair => pair.value).Select(pair => pair.model).ToArray())
        {
            if (missing <= 0)
                break;
            missing -= model.Bytes;
            Begin(model, ref leaving);
        }

        // Whoever waits while nothing that is loaded can ever go, is told at once.
        while (_waiting.First is { } hopeless && !_models.Values.Any(model => model.Bytes > 0 && (model.Stage != PoolStage.Ready || model.Leases > 0 || CanLeave(model))))
        {
            _waiting.RemoveFirst();
            hopeless.Value.Granted.TrySetException(Refused(hopeless.Value.Model, hopeless.Value.Bytes));
        }
    }

    private void Grant(LinkedListNode<Reservation> node)
    {
        _waiting.Remove(node);
        Hold(node.Value.Model, node.Value.Bytes);
        node.Value.Granted.TrySetResult();
    }

    private void Hold(PooledModel model, long bytes)
    {
        _used += bytes - model.Bytes;
        model.Bytes = bytes;
        _peak = Math.Max(_peak, _used);
    }

    // Under the lock: a load took more or less than was reserved.
    private void Resize(PooledModel model, long bytes, ref List<PooledModel>? leaving)
    {
        Hold(model, bytes);
        if (_memory.BudgetBytes is not null)
            Plan(ref leaving);
    }

    private bool CanLeave(PooledModel model) =>
        model is { Stage: PoolStage.Ready, Leases: 0, Use.IsPinned: false } && !(_memory.PinEndpoints && model.Use.Endpoints.Count > 0);

    // Under the lock; whoever calls it calls Leave after the lock.
    private void Begin(PooledModel model, ref List<PooledModel>? leaving)
    {
        model.Stage = PoolStage.Leaving;
        _leavingBytes += model.Bytes;
        (leaving ??= []).Add(model);
    }

    private void Leave(List<PooledModel>? leaving)
    {
        foreach (var model in leaving ?? [])
            _ = LeaveAsync(model);
    }

    // Requests in flight are answered first; only then the memory counts as free.
    private async Task LeaveAsync(PooledModel model)
    {
        var engines = model.Engines.ToArray();
        foreach (var engine in engines)
            engine.Retire();
        await Task.WhenAll(engines.Select(engine => engine.Drained)).ConfigureAwait(false);
        model.Runtime?.Dispose();
        LogUnloaded(_logger, model.Version.ToString(), model.Bytes, context.Name);
        TrimSometimes(model.Bytes);
        List<PooledModel>? leaving = null;
        lock (_gate)
        {
            _disturbances++;
            foreach (var engine in engines)
                model.Use.Requests += engine.TakeCount();
            _leavingBytes -= model.Bytes;
            Hold(model, 0);
            _models.Remove(model.Version);
            if (!model.Use.IsWanted)
                Forget(model.Use);
            Plan(ref leaving);
        }

        model.Leave();
        Leave(leaving);
    }

    private void TrimSometimes(long bytes)
    {
        if (Interlocked.Add(ref _untrimmed, bytes) < TrimEvery || Interlocked.Exchange(ref _trimming, 1) != 0)
            return;
        Interlocked.Exchange(ref _untrimmed, 0);
        NativeHeap.Trim();
        Interlocked.Exchange(ref _trimming, 0);
    }

    private OverloadedException Refused(PooledModel model, long bytes)
    {
        long pinned;
        lock (_gate)
            pinned = _models.Values.Where(other => other.Stage == PoolStage.Ready && !CanLeave(other)).Sum(other => other.Bytes);
        return new OverloadedException(
            $"{model.Version} takes about {bytes} bytes of memory, and models that are pinned or in use hold {pinned} of the budget of {_memory.BudgetBytes} " +
            "(ServingOptions.Memory.BudgetBytes): retry, unload a pinned version, or raise the budget.", TimeSpan.FromSeconds(1));
    }

    private sealed class Reservation(PooledModel model, long bytes)
    {
        public PooledModel Model { get; } = model;

        public long Bytes { get; } = bytes;

        public TaskCompletionSource Granted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
