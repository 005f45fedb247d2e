using MlOps.Registry;

namespace MlOps.Serving.Tests;

/// <summary>A runtime whose runs wait at a gate, and which counts the rows of its bound runs.</summary>
internal sealed class GatedRuntime(IModelRuntime inner) : IModelRuntime
{
    public ManualResetEventSlim Gate { get; } = new(true);

    public SemaphoreSlim Entered { get; } = new(0);

    public List<int> BoundRuns { get; } = [];

    public int SingleRuns;

    public IReadOnlyList<TensorSpec> Inputs => inner.Inputs;

    public IReadOnlyList<TensorSpec> Outputs => inner.Outputs;

    public bool HasRows => inner.HasRows;

    public int InputWidth => inner.InputWidth;

    public int OutputWidth => inner.OutputWidth;

    public int? FixedBatchSize => inner.FixedBatchSize;

    public long MemoryBytes => inner.MemoryBytes;

    public IBatchBuffer CreateBuffer(int maximumRows) => inner.CreateBuffer(maximumRows);

    public ITensorBatchBuffer? CreateTensorBuffer(IReadOnlyList<TensorRows> inputs, int maximumRows) =>
        inner.CreateTensorBuffer(inputs, maximumRows) is { } buffer ? new Buffer(this, buffer) : null;

    public IReadOnlyDictionary<string, ModelValue> Run(
        IReadOnlyDictionary<string, ModelValue> inputs, IReadOnlyCollection<string>? outputs = null, CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref SingleRuns);
        Entered.Release();
        Gate.Wait(cancellationToken);
        return inner.Run(inputs, outputs, cancellationToken);
    }

    public void Dispose()
    {
    }

    private sealed class Buffer(GatedRuntime owner, ITensorBatchBuffer inner) : ITensorBatchBuffer
    {
        public int MaximumRows => inner.MaximumRows;

        public Span<byte> Input(int index) => inner.Input(index);

        public ReadOnlySpan<byte> Output(int index) => inner.Output(index);

        public ReadOnlySpan<int> OutputRow(int index) => inner.OutputRow(index);

        public void Run(int rows)
        {
            lock (owner.BoundRuns)
                owner.BoundRuns.Add(rows);
            owner.Entered.Release();
            owner.Gate.Wait();
            inner.Run(rows);
        }

        public void Dispose() => inner.Dispose();
    }
}
