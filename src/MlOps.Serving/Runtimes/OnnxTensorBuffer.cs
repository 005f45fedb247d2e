using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace MlOps.Serving;

/// <summary>
/// Pinned memory for every input and output, and one binding per number of rows over it. The shapes of outputs are learnt from the first
/// run; when they turn out to differ from run to run, outputs are no longer bound but taken from ONNX Runtime.
/// </summary>
internal sealed class OnnxTensorBuffer : ITensorBatchBuffer
{
    private readonly OnnxModelRuntime _runtime;
    private readonly IReadOnlyList<TensorRows> _inputs;
    private readonly RunOptions _options = new();
    private readonly Binding?[] _bindings;
    private readonly Memory<byte>[] _memory;
    private readonly Memory<byte>[] _outputs;
    private readonly int[][] _outputRows;
    private readonly int[] _outputBytes;
    private OnnxSession _session;
    private int _rows;
    private bool _learnt;
    private bool _varies;

    private OnnxTensorBuffer(OnnxModelRuntime runtime, OnnxSession session, IReadOnlyList<TensorRows> inputs, int maximumRows)
    {
        _runtime = runtime;
        _session = session;
        _inputs = inputs;
        MaximumRows = maximumRows;
        _bindings = new Binding?[maximumRows + 1];
        _memory = [.. inputs.Select(input => AlignedMemory.Allocate<byte>(checked((int)(input.RowBytes * maximumRows))))];
        var outputs = session.Inner.OutputNames.Count;
        _outputs = new Memory<byte>[outputs];
        _outputRows = new int[outputs][];
        _outputBytes = new int[outputs];
    }

    public int MaximumRows { get; }

    /// <summary>Makes a buffer unless the model takes or gives something else than tensors of fixed-size elements.</summary>
    public static OnnxTensorBuffer? TryCreate(OnnxModelRuntime runtime, IReadOnlyList<TensorRows> inputs, int maximumRows)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maximumRows, 1);
        var session = runtime.Next();
        foreach (var metadata in session.Inner.InputMetadata.Values.Concat(session.Inner.OutputMetadata.Values))
        {
            if (!metadata.IsTensor || metadata.ElementDataType == TensorElementType.String)
                return null;
        }

        return new OnnxTensorBuffer(runtime, session, inputs, maximumRows);
    }

    public Span<byte> Input(int index) => _memory[index].Span;

    public ReadOnlySpan<byte> Output(int index) => _outputs[index].Span[..(_rows * _outputBytes[index])];

    public ReadOnlySpan<int> OutputRow(int index) => _outputRows[index];

    public void Run(int rows)
    {
        _rows = rows;
        try
        {
            RunOnce(rows);
        }
        catch (OnnxRuntimeException e) when (!_options.Terminate && _runtime.FallBack(_session, e))
        {
            Unbind();
            _session = _runtime.Next();
            RunOnce(rows);
        }
    }

    private void RunOnce(int rows)
    {
        // A device gets its copy of a host tensor when the tensor is bound: there everything is bound anew for every run.
        if (!_learnt || _varies || _session.OnDevice)
        {
            RunUnbound(rows);
            return;
        }

        var binding = _bindings[rows] ??= new Binding(this, rows, bound: true);
        try
        {
            _session.RunWithBinding(_options, binding.Io);
        }
        catch (OnnxRuntimeException) when (!_options.Terminate && !_session.OnDevice)
        {
            // An output of another shape than it had before does not fit its memory. Any other failure repeats itself.
            var before = _outputRows.ToArray();
            RunUnbound(rows);
            _varies = !before.Zip(_outputRows).All(pair => pair.First.AsSpan().SequenceEqual(pair.Second));
        }
    }

    public bool TryAbort() => _options.Terminate = true;

    public void Dispose()
    {
        Unbind();
        _options.Dispose();
    }

    private void Unbind()
    {
        foreach (ref var binding in _bindings.AsSpan())
        {
            binding?.Dispose();
            binding = null;
        }
    }

    private void RunUnbound(int rows)
    {
        using var binding = new Binding(this, rows, bound: false);
        _session.RunWithBinding(_options, binding.Io);
        using var values = binding.Io.GetOutputValues();
        for (var i = 0; i < _outputs.Length; i++)
        {
            var info = values[i].GetTensorTypeAndShape();
            if (info.Shape.Length == 0 || info.Shape[0] != rows)
                throw new NotSupportedException($"Output '{_session.Inner.OutputNames[i]}' has the shape [{string.Join(", ", info.Shape)}] for {rows} rows: the model cannot be batched.");
            var row = new int[info.Shape.Length - 1];
            for (var d = 0; d < row.Length; d++)
                row[d] = checked((int)info.Shape[d + 1]);
            var bytes = TensorValue.SizeOf((TensorType)info.ElementDataType) * TensorValue.CountOf(row);
            _outputRows[i] = row;
            _outputBytes[i] = bytes;
            if (_outputs[i].Length < (long)bytes * MaximumRows)
                _outputs[i] = AlignedMemory.Allocate<byte>(checked(bytes * MaximumRows));
            if (bytes > 0)
                values[i].GetTensorMutableRawData().CopyTo(_outputs[i].Span);
        }

        _learnt = true;
    }

    private sealed class Binding : IDisposable
    {
        private readonly List<OrtValue> _values = [];

        public Binding(OnnxTensorBuffer buffer, int rows, bool bound)
        {
            Io = buffer._session.Inner.CreateIoBinding();
            for (var i = 0; i < buffer._inputs.Count; i++)
            {
                var input = buffer._inputs[i];
                Io.BindInput(input.Name, Value((TensorElementType)input.Type, rows, input.Row, buffer._memory[i], input.RowBytes));
            }

            for (var i = 0; i < buffer._outputs.Length; i++)
            {
                var name = buffer._session.Inner.OutputNames[i];
                if (bound)
                    Io.BindOutput(name, Value(buffer._session.Inner.OutputMetadata[name].ElementDataType, rows, buffer._outputRows[i], buffer._outputs[i], buffer._outputBytes[i]));
                else
                    Io.BindOutputToDevice(name, OrtMemoryInfo.DefaultInstance);
            }
        }

        public OrtIoBinding Io { get; }

        public void Dispose()
        {
            Io.Dispose();
            foreach (var value in _values)
                value.Dispose();
        }

        private OrtValue Value(TensorElementType type, int rows, IReadOnlyList<int> row, Memory<byte> memory, long rowBytes)
        {
            long[] shape = [rows, .. row.Select(dimension => (long)dimension)];
            var value = OrtValue.CreateTensorValueWithData(OrtMemoryInfo.DefaultInstance, type, shape, AlignedMemory.Address(memory), rowBytes * rows);
            _values.Add(value);
            return value;
        }
    }
}
