using System.Buffers;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace MlOps.Serving;

/// <summary>The inputs of one call as ONNX Runtime takes them: tensors over the caller's memory, which stays pinned until this is disposed.</summary>
internal sealed class OnnxInputs : IDisposable
{
    private readonly List<MemoryHandle> _pins = [];
    private readonly List<OrtValue> _owned = [];

    public List<string> Names { get; } = [];

    public List<OrtValue> Values { get; } = [];

    /// <summary>Adds a value of the caller.</summary>
    public void Add(string name, ModelValue value)
    {
        var native = Convert(name, value);
        _owned.Add(native);
        Names.Add(name);
        Values.Add(native);
    }

    /// <summary>Adds a value that lives elsewhere and outlives this.</summary>
    public void AddBorrowed(string name, OrtValue value)
    {
        Names.Add(name);
        Values.Add(value);
    }

    public void Dispose()
    {
        foreach (var value in _owned)
            value.Dispose();
        foreach (var pin in _pins)
            pin.Dispose();
        _owned.Clear();
        _pins.Clear();
    }

    private OrtValue Convert(string name, ModelValue value) => value switch
    {
        TensorValue<string> texts => Texts(texts),
        TensorValue tensor => Bind(tensor),
        SequenceValue { Items.Count: 0 } => throw new InvalidInputException($"Input '{name}' is an empty sequence, which cannot be given to ONNX Runtime."),
        SequenceValue sequence => Sequence(name, sequence),
        MapValue map => Map(name, map),
        _ => throw new InvalidInputException($"Input '{name}' cannot be given to ONNX Runtime: it is {value?.GetType().Name ?? "null"}."),
    };

    private unsafe OrtValue Bind(TensorValue tensor)
    {
        var pin = tensor.Pin();
        _pins.Add(pin);
        return OrtValue.CreateTensorValueWithData(
            OrtMemoryInfo.DefaultInstance, (TensorElementType)tensor.Type, OnnxValues.Shape(tensor), (nint)pin.Pointer, (long)tensor.Length * tensor.ElementSize);
    }

    private static OrtValue Texts(TensorValue<string> texts)
    {
        var value = OrtValue.CreateTensorWithEmptyStrings(OrtAllocator.DefaultInstance, OnnxValues.Shape(texts));
        try
        {
            var span = texts.Data.Span;
            for (var i = 0; i < span.Length; i++)
                value.StringTensorSetElementAt(span[i] ?? "", i);
            return value;
        }
        catch
        {
            value.Dispose();
            throw;
        }
    }

    private OrtValue Sequence(string name, SequenceValue sequence)
    {
        var items = new List<OrtValue>(sequence.Items.Count);
        try
        {
            foreach (var item in sequence.Items)
                items.Add(Convert(name, item));
            return OrtValue.CreateSequence(items);
        }
        catch
        {
            foreach (var item in items)
                item.Dispose();
            throw;
        }
    }

    private OrtValue Map(string name, MapValue map)
    {
        var keys = Convert(name, map.Keys);
        OrtValue? values = null;
        try
        {
            values = Convert(name, map.Values);
            return OrtValue.CreateMap(ref keys!, ref values!);
        }
        catch
        {
            keys?.Dispose();
            values?.Dispose();
            throw;
        }
    }
}
