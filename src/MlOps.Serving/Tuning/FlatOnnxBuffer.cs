using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace MlOps.Serving;

/// <summary>Pinned rows, and tensors of the model's types filled from them: none to fill where the only input is float with the rows in front.</summary>
internal sealed class FlatOnnxBuffer : IBatchBuffer
{
    private readonly FlatOnnxRuntime _runtime;
    private readonly Array[] _tensors;
    private readonly Bound?[] _bound;
    private readonly float[] _input;
    private readonly int _rows;
    private readonly bool _direct;
    private float[]? _output;

    public FlatOnnxBuffer(FlatOnnxRuntime runtime, int maximumRows)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maximumRows, 1);
        _runtime = runtime;
        _rows = runtime.FixedBatchSize ?? maximumRows;
        MaximumRows = Math.Min(maximumRows, _rows);
        _bound = new Bound?[_rows + 1];
        _input = GC.AllocateArray<float>(checked(_rows * runtime.InputWidth), pinned: true);
        var parts = runtime.Parts;
        _direct = parts.Length == 1 && parts[0].IsFloat && parts[0].BatchAxis == 0;
        _tensors = [.. parts.Select(part => _direct ? _input : Allocate(part))];
    }

    public int MaximumRows { get; }

    public Memory<float> Input => _input;

    public ReadOnlyMemory<float> Output => _output ??= GC.AllocateArray<float>(checked(_rows * _runtime.OutputWidth), pinned: true);

    public void Run(int rows)
    {
        var size = _runtime.FixedBatchSize ?? rows;
        if (!_direct)
            Fill(size);
        var bound = _bound[size] ??= Bind(size);
        _runtime.Session.RunWithBinding(_runtime.RunOptions, bound.Io);
    }

    /// <summary>Runs with outputs that the runtime allocates.</summary>
    public IDisposableReadOnlyCollection<OrtValue> RunUnbound(int rows)
    {
        if (!_direct)
            Fill(rows);
        var inputs = Inputs(rows);
        try
        {
            return _runtime.Session.Run(_runtime.RunOptions, [.. _runtime.Parts.Select(part => part.Name)], inputs, [_runtime.Output]);
        }
        finally
        {
            foreach (var value in inputs)
                value.Dispose();
        }
    }

    public void Dispose()
    {
        foreach (var bound in _bound)
            bound?.Dispose();
    }

    private Array Allocate(FlatPart part)
    {
        var length = part.BatchAxis < 0 ? part.Outer * part.Inner : checked(_rows * part.Width);
        Array array = part.Type switch
        {
            TensorElementType.Float => GC.AllocateArray<float>(length, pinned: true),
            TensorElementType.Int64 => GC.AllocateArray<long>(length, pinned: true),
            TensorElementType.Int32 => GC.AllocateArray<int>(length, pinned: true),
            _ => GC.AllocateArray<bool>(length, pinned: true),
        };
        if (part.BatchAxis < 0)
        {
            for (var i = 0; i < length; i++)
                Set(array, i, part.Constant);
        }

        return array;
    }

    private void Fill(int rows)
    {
        var width = _runtime.InputWidth;
        for (var p = 0; p < _tensors.Length; p++)
        {
            var part = _runtime.Parts[p];
            if (part.BatchAxis < 0)
                continue;
            for (var row = 0; row < rows; row++)
            {
                for (var outer = 0; outer < part.Outer; outer++)
                    Convert(_input.AsSpan((row * width) + part.Offset + (outer * part.Inner), part.Inner), _tensors[p], ((outer * rows) + row) * part.Inner);
            }
        }
    }

    private static void Convert(ReadOnlySpan<float> from, Array tensor, int at)
    {
        switch (tensor)
        {
            case float[] floats:
                from.CopyTo(floats.AsSpan(at));
                break;
            case long[] longs:
                for (var i = 0; i < from.Length; i++)
                    longs[at + i] = (long)from[i];
                break;
            case int[] integers:
                for (var i = 0; i < from.Length; i++)
                    integers[at + i] = (int)from[i];
                break;
            case bool[] booleans:
                for (var i = 0; i < from.Length; i++)
                    booleans[at + i] = from[i] != 0;
                break;
        }
    }

    private static void Set(Array array, int index, double value)
    {
        switch (array)
        {
            case float[] floats:
                floats[index] = (float)value;
                break;
            case long[] longs:
                longs[index] = (long)value;
                break;
            case int[] integers:
                integers[index] = (int)value;
                break;
            case bool[] booleans:
                booleans[index] = value != 0;
                break;
        }
    }

    private OrtValue[] Inputs(int rows)
    {
        var values = new OrtValue[_tensors.Length];
        for (var i = 0; i < values.Length; i++)
        {
            var part = _runtime.Parts[i];
            var length = part.BatchAxis < 0 ? part.Outer * part.Inner : rows * part.Width;
            values[i] = _tensors[i] switch
            {
                float[] floats => OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, floats.AsMemory(0, length), part.ShapeFor(rows)),
                long[] longs => OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, longs.AsMemory(0, length), part.ShapeFor(rows)),
                int[] integers => OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, integers.AsMemory(0, length), part.ShapeFor(rows)),
                var booleans => OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, ((bool[])booleans).AsMemory(0, length), part.ShapeFor(rows)),
            };
        }

        return values;
    }

    private Bound Bind(int rows)
    {
        _ = Output;
        var values = new List<OrtValue>(Inputs(rows));
        var io = _runtime.Session.CreateIoBinding();
        for (var i = 0; i < _runtime.Parts.Length; i++)
            io.BindInput(_runtime.Parts[i].Name, values[i]);

        // The shape found for one row tells the others, rows being in front; some models keep a batch of their own in front of it.
        var shape = (long[])_runtime.OutputShape.Clone();
        if (shape.Length > 0)
            shape[0] = shape[0] / (_runtime.FixedBatchSize ?? 1) * rows;
        var output = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, _output!.AsMemory(0, rows * _runtime.OutputWidth), shape);
        values.Add(output);
        io.BindOutput(_runtime.Output, output);
        return new Bound(io, values);
    }

    private sealed class Bound(OrtIoBinding io, List<OrtValue> values) : IDisposable
    {
        public OrtIoBinding Io => io;

        public void Dispose()
        {
            io.Dispose();
            foreach (var value in values)
                value.Dispose();
        }
    }
}
