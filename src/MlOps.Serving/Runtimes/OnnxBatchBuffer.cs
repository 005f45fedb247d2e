using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace MlOps.Serving;

/// <summary>
/// Pinned, aligned input and output memory, and one binding per batch size over them: a run rebinds nothing and allocates nothing. Only the output
/// that counts is bound; the model's others are not fetched. Numbers of another width are converted on the way in and out.
/// </summary>
internal sealed class OnnxBatchBuffer : IBatchBuffer
{
    private readonly OnnxModelRuntime _runtime;
    private readonly RunOptions _runOptions = new();
    private readonly Binding?[] _bindings;
    private readonly Memory<float> _input;
    private readonly Memory<float> _output;
    private readonly Converted? _convertedInput;
    private readonly Converted? _convertedOutput;
    private OnnxSession _session;

    public OnnxBatchBuffer(OnnxModelRuntime runtime, OnnxSession session, int maximumRows)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maximumRows, 1);
        _runtime = runtime;
        _session = session;
        var rows = runtime.FixedBatchSize ?? maximumRows;
        MaximumRows = Math.Min(maximumRows, rows);
        _bindings = new Binding?[rows + 1];
        _input = AlignedMemory.Allocate<float>(checked(rows * runtime.InputWidth));
        _output = AlignedMemory.Allocate<float>(checked(rows * runtime.OutputWidth));
        _convertedInput = runtime.InputType == TensorType.Float ? null : new Converted(runtime.InputType, _input.Length);
        _convertedOutput = runtime.OutputType == TensorType.Float ? null : new Converted(runtime.OutputType, _output.Length);
    }

    internal OnnxSession Session => _session;

    public int MaximumRows { get; }

    public Memory<float> Input => _input;

    public ReadOnlyMemory<float> Output => _output;

    public void Run(int rows)
    {
        // A model that fixes its batch computes all rows; the ones beyond hold what was there before.
        var size = _runtime.FixedBatchSize ?? rows;
        _convertedInput?.Write(_input.Span[..(size * _runtime.InputWidth)]);
        try
        {
            RunBound(size);
        }
        catch (OnnxRuntimeException e) when (!_runOptions.Terminate && _runtime.FallBack(_session, e))
        {
            Unbind();
            _session = _runtime.Next();
            RunBound(size);
        }

        _convertedOutput?.Read(_output.Span[..(size * _runtime.OutputWidth)]);
    }

    /// <summary>Asks the run in progress to end with an error; from any thread. Runs after it fail until <see cref="Resume"/>.</summary>
    public bool TryAbort()
    {
        _runOptions.Terminate = true;
        return true;
    }

    /// <summary>Allows runs again.</summary>
    public void Resume() => _runOptions.Terminate = false;

    public void Dispose()
    {
        Unbind();
        _runOptions.Dispose();
    }

    private void RunBound(int size)
    {
        // A device gets its copy of a host tensor when the tensor is bound: there the input is bound anew for every run.
        var binding = _bindings[size];
        if (binding is null)
            binding = _bindings[size] = new Binding(this, size);
        else if (_session.OnDevice)
            binding.BindInput();
        _session.RunWithBinding(_runOptions, binding.Io);
    }

    private void Unbind()
    {
        foreach (ref var binding in _bindings.AsSpan())
        {
            binding?.Dispose();
            binding = null;
        }
    }

    /// <summary>The same numbers in another width.</summary>
    private sealed class Converted(TensorType type, int count)
    {
        private readonly Memory<double> _doubles = type == TensorType.Double ? AlignedMemory.Allocate<double>(count) : default;
        private readonly Memory<Half> _halves = type == TensorType.Float16 ? AlignedMemory.Allocate<Half>(count) : default;

        public nint Address => type == TensorType.Double ? AlignedMemory.Address(_doubles) : AlignedMemory.Address(_halves);

        public void Write(ReadOnlySpan<float> from)
        {
            if (type == TensorType.Double)
            {
                var doubles = _doubles.Span;
                for (var i = 0; i < from.Length; i++)
                    doubles[i] = from[i];
                return;
            }

            var halves = _halves.Span;
            for (var i = 0; i < from.Length; i++)
                halves[i] = (Half)from[i];
        }

        public void Read(Span<float> to)
        {
            if (type == TensorType.Double)
            {
                var doubles = _doubles.Span;
                for (var i = 0; i < to.Length; i++)
                    to[i] = (float)doubles[i];
                return;
            }

            var halves = _halves.Span;
            for (var i = 0; i < to.Length; i++)
                to[i] = (float)halves[i];
        }
    }

    private sealed class Binding : IDisposable
    {
        private readonly OrtValue _input;
        private readonly OrtValue _output;
        private readonly string _inputName;

        public Binding(OnnxBatchBuffer buffer, int rows)
        {
            var (runtime, session) = (buffer._runtime, buffer._session.Inner);
            _inputName = runtime.InputName;
            _input = Value(buffer._convertedInput?.Address ?? AlignedMemory.Address(buffer._input), runtime.InputType, rows * runtime.InputWidth, Shape(session.InputMetadata[runtime.InputName], rows));
            _output = Value(buffer._convertedOutput?.Address ?? AlignedMemory.Address(buffer._output), runtime.OutputType, rows * runtime.OutputWidth, Shape(session.OutputMetadata[runtime.OutputName], rows));
            Io = session.CreateIoBinding();
            Io.BindInput(_inputName, _input);
            Io.BindOutput(runtime.OutputName, _output);
        }

        public OrtIoBinding Io { get; }

        public void BindInput() => Io.BindInput(_inputName, _input);

        public void Dispose()
        {
            Io.Dispose();
            _input.Dispose();
            _output.Dispose();
        }

        private static OrtValue Value(nint memory, TensorType type, int count, long[] shape) => OrtValue.CreateTensorValueWithData(
            OrtMemoryInfo.DefaultInstance, (TensorElementType)type, shape, memory, (long)count * TensorValue.SizeOf(type));

        private static long[] Shape(NodeMetadata metadata, int rows)
        {
            var shape = Array.ConvertAll(metadata.Dimensions, dimension => (long)dimension);
            shape[0] = rows;
            return shape;
        }
    }
}
