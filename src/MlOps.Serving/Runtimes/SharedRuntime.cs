using MlOps.Registry;

namespace MlOps.Serving;

/// <summary>A runtime that several engines use: each disposes it once, and the last one disposes the model.</summary>
internal sealed class SharedRuntime(IModelRuntime runtime, int users) : IModelRuntime
{
    private int _users = users;

    public IReadOnlyList<TensorSpec> Inputs => runtime.Inputs;

    public IReadOnlyList<TensorSpec> Outputs => runtime.Outputs;

    public bool HasRows => runtime.HasRows;

    public int InputWidth => runtime.InputWidth;

    public int OutputWidth => runtime.OutputWidth;

    public int? FixedBatchSize => runtime.FixedBatchSize;

    public long MemoryBytes => runtime.MemoryBytes;

    public string Device => runtime.Device;

    public string? DeviceReason => runtime.DeviceReason;

    public IBatchBuffer CreateBuffer(int maximumRows) => runtime.CreateBuffer(maximumRows);

    public ITensorBatchBuffer? CreateTensorBuffer(IReadOnlyList<TensorRows> inputs, int maximumRows) => runtime.CreateTensorBuffer(inputs, maximumRows);

    public IReadOnlyDictionary<string, ModelValue> Run(
        IReadOnlyDictionary<string, ModelValue> inputs, IReadOnlyCollection<string>? outputs = null, CancellationToken cancellationToken = default) =>
        runtime.Run(inputs, outputs, cancellationToken);

    /// <summary>Adds users; only while one of those before has not disposed it yet.</summary>
    public SharedRuntime Share(int users)
    {
        Interlocked.Add(ref _users, users);
        return this;
    }

    public void Dispose()
    {
        if (Interlocked.Decrement(ref _users) == 0)
            runtime.Dispose();
    }
}
