using MlOps.Registry;

namespace MlOps.Serving;

/// <summary>A runtime that its engine must not dispose, because others use it too.</summary>
internal sealed class BorrowedRuntime(IModelRuntime runtime) : IModelRuntime
{
    public IReadOnlyList<TensorSpec> Inputs => runtime.Inputs;

    public IReadOnlyList<TensorSpec> Outputs => runtime.Outputs;

    public int InputWidth => runtime.InputWidth;

    public int OutputWidth => runtime.OutputWidth;

    public int? FixedBatchSize => runtime.FixedBatchSize;

    public long MemoryBytes => runtime.MemoryBytes;

    public IBatchBuffer CreateBuffer(int maximumRows) => runtime.CreateBuffer(maximumRows);

    public void Dispose()
    {
    }
}
