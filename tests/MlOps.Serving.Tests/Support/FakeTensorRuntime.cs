using System.Runtime.InteropServices;
using MlOps.Registry;

namespace MlOps.Serving.Tests;

/// <summary>a int64 [batch, n], b float [batch, 2] -> sum [batch] of both and a as float [batch, n]; poison fails; can be held up.</summary>
internal sealed class FakeTensorRuntime(bool bound = true) : IModelRuntime
{
    public const long Poison = 666;

    public IReadOnlyList<TensorSpec> Inputs { get; } = [new("a", "int64", ["batch", "n"]), new("b", "float", ["batch", "2"])];

    public IReadOnlyList<TensorSpec> Outputs { get; } = [new("sum", "float", ["batch"]), new("copy", "float", ["batch", "n"])];

    public bool HasRows => false;

    public int InputWidth => 0;

    public int OutputWidth => 0;

    public int? FixedBatchSize => null;

    public long MemoryBytes => 1;

    /// <summary>The rows of each run, and whether it was a run of bound memory.</summary>
    public List<(int Rows, bool Bound)> Runs { get; } = [];

    public ManualResetEventSlim Gate { get; } = new(true);

    public SemaphoreSlim Entered { get; } = new(0);

    public bool Disposed { get; private set; }

    public bool Cancelled { get; private set; }

    public IBatchBuffer CreateBuffer(int maximumRows) => throw new NotSupportedException();

    public ITensorBatchBuffer? CreateTensorBuffer(IReadOnlyList<TensorRows> inputs, int maximumRows) => bound ? new Buffer(this, inputs, maximumRows) : null;

    public IReadOnlyDictionary<string, ModelValue> Run(
        IReadOnlyDictionary<string, ModelValue> inputs, IReadOnlyCollection<string>? outputs = null, CancellationToken cancellationToken = default)
    {
        if (inputs.GetValueOrDefault("a") is not TensorValue<long> { Shape.Length: 2 } a || inputs.GetValueOrDefault("b") is not TensorValue<float> b)
            throw new InvalidInputException("Inputs 'a' and 'b' are wanted.");
        var rows = a.Shape[0];
        var (sum, copy) = Compute(rows, a.Data.Span, b.Data.Span, isBound: false);
        return new Dictionary<string, ModelValue> { ["sum"] = TensorValue.Create(sum, rows), ["copy"] = TensorValue.Create(copy, rows, a.Shape[1]) };
    }

    public void Dispose() => Disposed = true;

    private (float[] Sum, float[] Copy) Compute(int rows, ReadOnlySpan<long> a, ReadOnlySpan<float> b, bool isBound)
    {
        lock (Runs)
            Runs.Add((rows, isBound));
        Entered.Release();
        Gate.Wait();
        if (Disposed)
            throw new ObjectDisposedException("the runtime");
        if (a.Contains(Poison))
            throw new InvalidOperationException("poison");
        var width = a.Length / rows;
        var sum = new float[rows];
        var copy = new float[a.Length];
        for (var row = 0; row < rows; row++)
        {
            sum[row] = b[2 * row] + b[(2 * row) + 1];
            for (var i = 0; i < width; i++)
            {
                copy[(row * width) + i] = a[(row * width) + i];
                sum[row] += a[(row * width) + i];
            }
        }

        return (sum, copy);
    }

    private sealed class Buffer(FakeTensorRuntime owner, IReadOnlyList<TensorRows> inputs, int maximumRows) : ITensorBatchBuffer
    {
        private readonly byte[][] _memory = [.. inputs.Select(input => new byte[input.RowBytes * maximumRows])];
        private float[] _sum = [];
        private float[] _copy = [];

        public int MaximumRows => maximumRows;

        public Span<byte> Input(int index) => _memory[index];

        public ReadOnlySpan<byte> Output(int index) => MemoryMarshal.AsBytes((index == 0 ? _sum : _copy).AsSpan());

        public ReadOnlySpan<int> OutputRow(int index) => index == 0 ? [] : new[] { inputs[0].Row[0] };

        public void Run(int rows) => (_sum, _copy) = owner.Compute(
            rows, MemoryMarshal.Cast<byte, long>(_memory[0])[..(rows * inputs[0].Row[0])], MemoryMarshal.Cast<byte, float>(_memory[1])[..(rows * 2)], isBound: true);

        public bool TryAbort() => owner.Cancelled = true;

        public void Dispose()
        {
        }
    }
}
