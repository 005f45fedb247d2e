using Microsoft.ML.OnnxRuntime;

namespace MlOps.Serving;

/// <summary>Pinned input and output arrays, and one binding per batch size over them: a run rebinds and allocates nothing.</summary>
internal sealed class OnnxBatchBuffer : IBatchBuffer
{
    private readonly OnnxModelRuntime _runtime;
    private readonly RunOptions _runOptions;
    private readonly Binding?[] _bindings;
    private readonly float[] _input;
    private readonly float[] _output;

    public OnnxBatchBuffer(OnnxModelRuntime runtime, RunOptions runOptions, int maximumRows)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maximumRows, 1);
        _runtime = runtime;
        _runOptions = runOptions;
        var rows = runtime.FixedBatchSize ?? maximumRows;
        MaximumRows = Math.Min(maximumRows, rows);
        _bindings = new Binding?[rows + 1];
        _input = GC.AllocateArray<float>(checked(rows * runtime.InputWidth), pinned: true);
        _output = GC.AllocateArray<float>(checked(rows * runtime.OutputWidth), pinned: true);
    }

    public int MaximumRows { get; }

    public Memory<float> Input => _input;

    public ReadOnlyMemory<float> Output => _output;

    public void Run(int rows)
    {
        // A model that fixes its batch computes all rows; the ones beyond hold what was there before.
        var size = _runtime.FixedBatchSize ?? rows;
        var binding = _bindings[size] ??= new Binding(_runtime, _input, _output, size);
        _runtime.Session.RunWithBinding(_runOptions, binding.Io);
    }

    public void Dispose()
    {
        foreach (var binding in _bindings)
            binding?.Dispose();
    }

    private sealed class Binding : IDisposable
    {
        private readonly OrtValue _input;
        private readonly OrtValue _output;

        public Binding(OnnxModelRuntime runtime, float[] input, float[] output, int rows)
        {
            var memory = OrtMemoryInfo.DefaultInstance;
            _input = OrtValue.CreateTensorValueFromMemory(
                memory, input.AsMemory(0, rows * runtime.InputWidth), Shape(runtime.Session.InputMetadata[runtime.InputName], rows));
            _output = OrtValue.CreateTensorValueFromMemory(
                memory, output.AsMemory(0, rows * runtime.OutputWidth), Shape(runtime.Session.OutputMetadata[runtime.OutputName], rows));
            Io = runtime.Session.CreateIoBinding();
            Io.BindInput(runtime.InputName, _input);
            Io.BindOutput(runtime.OutputName, _output);
        }

        public OrtIoBinding Io { get; }

        public void Dispose()
        {
            Io.Dispose();
            _input.Dispose();
            _output.Dispose();
        }

        private static long[] Shape(NodeMetadata metadata, int rows)
        {
            var shape = Array.ConvertAll(metadata.Dimensions, dimension => (long)dimension);
            shape[0] = rows;
            return shape;
        }
    }
}
