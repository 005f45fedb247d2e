using System.Runtime.ExceptionServices;
using Microsoft.Extensions.Logging;
using MlOps.Registry;

namespace MlOps.Serving;

/// <summary>
/// The models of one environment in this process, each in memory once, for endpoints, callers by version and jobs alike. A load is made
/// once however many wait for it, after its memory was reserved; when memory is short, idle models go. Rules: Models/README.md.
/// Thread-safe.
/// </summary>
internal sealed partial class ModelPool(EnvironmentContext context, ModelLoader loader, ServingOptions options) : IAsyncDisposable
{
    private static readonly TimeSpan ClosingLimit = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly ModelMemoryOptions _memory = options.Memory;
    private readonly UnloadPolicy _policy = new(options.Memory.Goal);
    private readonly Dictionary<ModelVersionRef, PooledModel> _models = [];
    private readonly Dictionary<ModelVersionRef, ModelUse> _uses = [];
    private readonly SemaphoreSlim _loading = new(
        options.Memory.ConcurrentLoads > 0 ? options.Memory.ConcurrentLoads : Math.Min(Environment.ProcessorCount, 4));
    private readonly ILogger _logger = context.LoggerFactory.CreateLogger<ModelPool>();
    private bool _disposed;

    public ModelLoader Loader => loader;

    /// <summary>Bytes that loaded models hold, those being loaded and those not yet given back included.</summary>
    public long UsedBytes => Interlocked.Read(ref _used);

    /// <summary>The most that <see cref="UsedBytes"/> ever was.</summary>
    public long PeakBytes => Interlocked.Read(ref _peak);

    /// <summary>Loads that were begun.</summary>
    public long Loads => Interlocked.Read(ref _loads);

    /// <summary>Holds a version in memory, loading it if it is not there.</summary>
    /// <param name="version">The version.</param>
    /// <param name="batching">How its engines form batches.</param>
    /// <param name="intent">On whose behalf.</param>
    /// <param name="cancellationToken">Cancels the wait; a load that was begun goes on.</param>
    /// <returns>The lease.</returns>
    public ValueTask<ModelLease> LeaseAsync(ModelVersionRef version, BatchingOptions batching, LoadIntent intent, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (!_disposed && _models.TryGetValue(version, out var model) && model is { Stage: PoolStage.Ready, IsCondemned: false } && model.Find(batching) is { } served)
            {
                Take(model, intent);
                return new(new ModelLease(this, model, served));
            }
        }

        return LoadThenLeaseAsync(version, batching, intent, cancellationToken);
    }

    /// <summary>Ends a lease.</summary>
    public void Release(PooledModel model)
    {
        List<PooledModel>? leaving = null;
        lock (_gate)
        {
            if (--model.Leases > 0)
                return;
            if (model.Stage == PoolStage.Ready && (_disposed || model.IsCondemned || !model.Use.IsWanted))
                Begin(model, ref leaving);
            if (_waiting.Count > 0)
                Plan(ref leaving);
        }

        Leave(leaving);
    }

    /// <summary>Remembers that an endpoint serves a model that is leased; from then on only a shortage of memory unloads it.</summary>
    public void Attach(string endpoint, in ModelLease lease)
    {
        List<PooledModel>? leaving = null;
        lock (_gate)
        {
            var use = lease.Model.Use;
            use.Endpoints[endpoint] = use.Endpoints.GetValueOrDefault(endpoint) + 1;
            var buffers = lease.Served.BufferBytes;
            if (lease.Model.BufferBytes == 0 && buffers > 0)
            {
                lease.Model.BufferBytes = buffers;
                Resize(lease.Model, lease.Model.Bytes + buffers, ref leaving);
            }
        }

        Leave(leaving);
    }

    /// <summary>Forgets that an endpoint serves a model; unloads it when nobody else wants it.</summary>
    /// <returns>A task that ends when its memory was given back, at once when others still use it.</returns>
    public Task DetachAsync(string endpoint, ModelVersionRef version)
    {
        List<PooledModel>? leaving = null;
        PooledModel? model;
        lock (_gate)
        {
            if (!_uses.TryGetValue(version, out var use))
                return Task.CompletedTask;
            if (use.Endpoints.TryGetValue(endpoint, out var count) && count > 1)
                use.Endpoints[endpoint] = count - 1;
            else
                use.Endpoints.Remove(endpoint);
            model = LetGo(version, use, ref leaving);
        }

        Leave(leaving);
        return leaving is null ? Task.CompletedTask : model!.Left;
    }

    /// <summary>Keeps a leased model until <see cref="Unload"/>.</summary>
    public void Pin(in ModelLease lease)
    {
        lock (_gate)
            lease.Model.Use.IsPinned = lease.Model.Use.IsKept = true;
    }

    /// <summary>Lets a version go that no endpoint serves.</summary>
    /// <returns>Whether it was in memory, and a task that ends when it is not.</returns>
    public (bool WasLoaded, Task Left) Unload(ModelVersionRef version)
    {
        List<PooledModel>? leaving = null;
        PooledModel? model;
        lock (_gate)
        {
            if (!_uses.TryGetValue(version, out var use))
                return (false, Task.CompletedTask);
            if (use.Endpoints.Count > 0)
                throw new InvalidInputException($"{version} serves endpoint '{string.Join("', '", use.Endpoints.Keys)}': change its traffic before the version is unloaded.");
            use.IsPinned = use.IsKept = false;
            model = LetGo(version, use, ref leaving);
            model?.IsCondemned = true;
        }

        Leave(leaving);
        return (model is not null, model?.Left ?? Task.CompletedTask);
    }

    /// <summary>What is known of every version that was asked for.</summary>
    public IReadOnlyList<ServedModelStatus> List()
    {
        lock (_gate)
        {
            Sample();
            return [.. _uses.Values.OrderBy(use => use.Version.Model, StringComparer.Ordinal).ThenBy(use => use.Version.Version).Select(Describe)];
        }
    }

    public ServedModelStatus Describe(ModelVersionRef version)
    {
        lock (_gate)
        {
            Sample();
            return Describe(UseOf(version));
        }
    }

    /// <summary>What a version takes in memory, or took when it was loaded last; 0 when it never was.</summary>
    public long SizeOf(ModelVersionRef version)
    {
        lock (_gate)
            return _uses.GetValueOrDefault(version)?.Bytes ?? 0;
    }

    public bool IsKnown(ModelVersionRef version)
    {
        lock (_gate)
            return _uses.TryGetValue(version, out var use) && use.LoadedAt is not null;
    }

    /// <summary>Unloads what was idle for longer than allowed.</summary>
    public void SweepIdle()
    {
        if (_memory.IdleTimeout is not { } limit)
            return;
        List<PooledModel>? leaving = null;
        lock (_gate)
        {
            Sample();
            var before = Timestamp.From(context.Clock.GetUtcNow()) - limit;
            foreach (var model in _models.Values)
            {
                if (CanLeave(model) && (model.Use.LastUsedAt ?? model.Use.LoadedAt) < before)
                    Begin(model, ref leaving);
            }
        }

        Leave(leaving);
    }

    /// <summary>Unloads everything when the last lease ends.</summary>
    public async ValueTask DisposeAsync()
    {
        List<PooledModel>? leaving = null;
        PooledModel[] all;
        lock (_gate)
        {
            _disposed = true;
            foreach (var reservation in _waiting)
                reservation.Granted.TrySetException(new ObjectDisposedException(nameof(ModelPool)));
            _waiting.Clear();
            all = [.. _models.Values];
            foreach (var model in all)
            {
                if (model is { Stage: PoolStage.Ready, Leases: 0 })
                    Begin(model, ref leaving);
            }
        }

        Leave(leaving);
        try
        {
            await Task.WhenAll(all.Select(model => model.Left)).WaitAsync(ClosingLimit).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            LogStillInUse(_logger, context.Name);
        }
    }

    private async ValueTask<ModelLease> LoadThenLeaseAsync(
        ModelVersionRef version, BatchingOptions batching, LoadIntent intent, CancellationToken cancellationToken)
    {
        while (true)
        {
            PooledModel? model;
            ExceptionDispatchInfo? failure = null;
            var (begin, taken) = (false, false);
            lock (_gate)
            {
                ObjectDisposedException.ThrowIf(_disposed, this);
                if (!_models.TryGetValue(version, out model))
                {
                    var use = UseOf(version);
                    if (intent != LoadIntent.Explicit && use.RetryAt is { } retry && Timestamp.From(context.Clock.GetUtcNow()) < retry)
                        failure = use.Failure;
                    model = new PooledModel(use);
                    if (failure is null)
                    {
                        _models.Add(version, model);
                        begin = true;
                    }
                }

                if (failure is null && model is not ({ Stage: PoolStage.Leaving } or { IsCondemned: true }))
                {
                    Take(model, intent);
                    taken = true;
                }
            }

            failure?.Throw();
            if (begin)
                _ = Task.Run(() => LoadAsync(model, batching), CancellationToken.None);
            if (!taken)
            {
                await model.Left.WaitAsync(cancellationToken).ConfigureAwait(false);
                continue;
            }

            try
            {
                await model.Loaded.WaitAsync(cancellationToken).ConfigureAwait(false);
                var served = await EngineOf(model, batching).WaitAsync(cancellationToken).ConfigureAwait(false);
                return new ModelLease(this, model, served);
            }
            catch
            {
                Release(model);
                throw;
            }
        }
    }

    private Task<ServedVersion> EngineOf(PooledModel model, BatchingOptions batching)
    {
        Lazy<Task<ServedVersion>> engine;
        lock (_gate)
            engine = model.Engine(batching, () => Task.Run(() => Serve(model, batching)));
        return engine.Value;
    }

    private ServedVersion Serve(PooledModel model, BatchingOptions batching)
    {
        BatchCurve? known;
        lock (_gate)
            known = model.Use.Curves.GetValueOrDefault(batching);
        var served = loader.Serve(model.Record!, model.Runtime!, batching, known);
        if (served.Curve is { } measured)
        {
            lock (_gate)
                model.Use.Curves[batching] = measured;
        }

        return served;
    }

    // Under the lock.
    private void Take(PooledModel model, LoadIntent intent)
    {
        model.Leases++;
        if (intent != LoadIntent.Request)
            return;
        model.Use.IsKept = true;
        model.Use.Requests++;
        model.Use.LastUsedAt = Timestamp.From(context.Clock.GetUtcNow());
        _policy.Count(model.Use, 1);
    }

    // Under the lock. Nobody may want it any more; what is in use goes with its last lease.
    private PooledModel? LetGo(ModelVersionRef version, ModelUse use, ref List<PooledModel>? leaving)
    {
        if (use.IsWanted)
            return null;
        var model = _models.GetValueOrDefault(version);
        if (model is null)
            Forget(use);
        else if (model is { Stage: PoolStage.Ready, Leases: 0 })
            Begin(model, ref leaving);
        return model;
    }

    private ModelUse UseOf(ModelVersionRef version)
    {
        if (_uses.TryGetValue(version, out var use))
            return use;
        _uses.Add(version, use = new ModelUse(version));
        _policy.Known = _uses.Count;
        return use;
    }

    private void Forget(ModelUse use)
    {
        if (use.Failure is null)
            _uses.Remove(use.Version);
    }

    // Rows are counted by the engines, so that the path of a row does not come by here.
    private void Sample()
    {
        foreach (var model in _models.Values)
        {
            long requests = 0;
            foreach (var engine in model.Engines)
                requests += engine.TakeCount();
            if (requests == 0)
                continue;
            _policy.Count(model.Use, requests);
            model.Use.Requests += requests;
            model.Use.LastUsedAt = Timestamp.From(context.Clock.GetUtcNow());
        }
    }

    private ServedModelStatus Describe(ModelUse use)
    {
        var model = _models.GetValueOrDefault(use.Version);
        var state = model?.Stage switch
        {
            PoolStage.Ready => ServedModelState.Ready,
            PoolStage.Loading => ServedModelState.Loading,
            _ => use.Failure is null ? ServedModelState.Unloaded : ServedModelState.Failed,
        };
        return new ServedModelStatus(
            use.Version, state, model?.Bytes ?? 0, use.Inputs, use.Outputs, [.. use.Endpoints.Keys], use.Failure?.SourceException.Message)
        {
            Device = model?.Runtime?.Device ?? use.Device, DeviceReason = model?.Runtime?.DeviceReason, IsPinned = use.IsPinned, LoadedAt = use.LoadedAt, LoadTime = use.LoadTime, LastUsedAt = use.LastUsedAt,
            Requests = use.Requests, RetryAt = use.RetryAt,
        };
    }
}
