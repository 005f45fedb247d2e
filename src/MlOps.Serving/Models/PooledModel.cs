using MlOps.Registry;

namespace MlOps.Serving;

/// <summary>A version's stay in memory, from the decision to load it until its last byte is given back. Guarded by the pool's lock.</summary>
internal sealed class PooledModel(ModelUse use)
{
    private readonly TaskCompletionSource _loaded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _left = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<(BatchingOptions Batching, Lazy<Task<ServedVersion>> Served)> _engines = [];

    public ModelUse Use { get; } = use;

    public ModelVersionRef Version => Use.Version;

    public PoolStage Stage { get; set; } = PoolStage.Loading;

    /// <summary>Requests and jobs that use it now; while there are any it is not unloaded.</summary>
    public int Leases { get; set; }

    /// <summary>It was to be unloaded while in use: it goes with its last lease, and whoever asks for it now waits until it went.</summary>
    public bool IsCondemned { get; set; }

    /// <summary>What it counts for in the budget; 0 while it waits for memory.</summary>
    public long Bytes { get; set; }

    public long BufferBytes { get; set; }

    public ModelVersion? Record { get; set; }

    public SharedRuntime? Runtime { get; set; }

    /// <summary>What its smoke test found.</summary>
    public string Report { get; set; } = "";

    /// <summary>Ends when it is ready, or fails as its load did.</summary>
    public Task Loaded => _loaded.Task;

    /// <summary>Ends when its memory was given back.</summary>
    public Task Left => _left.Task;

    public IEnumerable<ServedVersion> Engines => _engines.Where(engine => engine.Served is { IsValueCreated: true, Value.IsCompletedSuccessfully: true }).Select(engine => engine.Served.Value.Result);

    /// <summary>The engines of one way of batching if they are warm.</summary>
    public ServedVersion? Find(BatchingOptions batching)
    {
        foreach (var (candidate, served) in _engines)
        {
            if ((ReferenceEquals(candidate, batching) || candidate == batching) && served is { IsValueCreated: true, Value.IsCompletedSuccessfully: true })
                return served.Value.Result;
        }

        return null;
    }

    public Lazy<Task<ServedVersion>> Engine(BatchingOptions batching, Func<Task<ServedVersion>> make)
    {
        foreach (var (candidate, served) in _engines)
        {
            if (candidate == batching && !(served.IsValueCreated && served.Value.IsFaulted))
                return served;
        }

        var added = new Lazy<Task<ServedVersion>>(make);
        _engines.Add((batching, added));
        return added;
    }

    public void BecomeReady() => _loaded.TrySetResult();

    public void Fail(Exception error)
    {
        _loaded.TrySetException(error);
        _ = _loaded.Task.Exception;
    }

    public void Leave() => _left.TrySetResult();
}

/// <summary>Where a stay stands.</summary>
internal enum PoolStage
{
    Loading,
    Ready,
    Leaving,
}
