namespace MlOps.Serving;

/// <summary>Holds a model in memory until it is disposed, which is to happen once.</summary>
internal readonly struct ModelLease(ModelPool pool, PooledModel model, ServedVersion served) : IDisposable
{
    public PooledModel Model { get; } = model;

    public ServedVersion Served { get; } = served;

    /// <summary>The model itself, shared with its engines; not to be disposed.</summary>
    public IModelRuntime Runtime => Model.Runtime!;

    public void Dispose() => pool?.Release(Model);
}
