using MlOps.Registry;

namespace MlOps.Serving.Tests;

/// <summary>y = sum(x) + position-independent offset; throws for rows that hold the poison value; can be held up.</summary>
internal sealed class FakeRuntime(int width = 3, int? fixedBatch = null) : IModelRuntime
{
    public const float Poison = 666f;

    private int _active;
    private int _runs;

    public IReadOnlyList<TensorSpec> Inputs { get; } = [new("input", "float", ["N", width.ToString(System.Globalization.CultureInfo.InvariantCulture)])];

    public IReadOnlyList<TensorSpec> Outputs { get; } = [new("output", "float", ["N", "1"])];

    public int InputWidth => width;

    public int OutputWidth => 1;

    public int? FixedBatchSize => fixedBatch;

    public long MemoryBytes { get; init; } = 1;

    /// <summary>Runs, and the rows that they computed.</summary>
    public List<float[]> Batches { get; } = [];

    public bool Record { get; init; } = true;

    public ManualResetEventSlim Gate { get; } = new(true);

    public SemaphoreSlim Entered { get; } = new(0);

    public bool Disposed { get; private set; }

    public bool UsedAfterDispose { get; private set; }

    /// <summary>Called in each run, with its number from 1.</summary>
    public Action<int>? BeforeRun { get; set; }

    public int Aborts { get; private set; }

    public Func<int, bool>? FailBatch { get; set; }

    public IBatchBuffer CreateBuffer(int maximumRows) => new Buffer(this, maximumRows);

    public void Dispose()
    {
        if (_active != 0)
            UsedAfterDispose = true;
        Disposed = true;
    }

    private sealed class Buffer(FakeRuntime owner, int maximumRows) : IBatchBuffer
    {
        private readonly float[] _input = new float[maximumRows * owner.InputWidth];
        private readonly float[] _output = new float[maximumRows];

        public int MaximumRows => maximumRows;

        public Memory<float> Input => _input;

        public ReadOnlyMemory<float> Output => _output;

        public void Run(int rows)
        {
            Interlocked.Increment(ref owner._active);
            if (owner.Disposed)
                owner.UsedAfterDispose = true;
            try
            {
                owner.Entered.Release();
                owner.BeforeRun?.Invoke(Interlocked.Increment(ref owner._runs));
                owner.Gate.Wait();
                if (owner.Record)
                {
                    lock (owner.Batches)
                        owner.Batches.Add(_input[..(rows * owner.InputWidth)]);
                }

                if (owner.FailBatch?.Invoke(rows) == true || _input.AsSpan(0, rows * owner.InputWidth).Contains(Poison))
                    throw new InvalidOperationException("poison");
                for (var row = 0; row < rows; row++)
                {
                    var sum = 0f;
                    for (var i = 0; i < owner.InputWidth; i++)
                        sum += _input[(row * owner.InputWidth) + i];
                    _output[row] = sum;
                }
            }
            finally
            {
                Interlocked.Decrement(ref owner._active);
            }
        }

        public bool TryAbort()
        {
            owner.Aborts++;
            return true;
        }

        public void Dispose()
        {
        }
    }
}
