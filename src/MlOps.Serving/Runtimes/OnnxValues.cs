using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace MlOps.Serving;

/// <summary>Carries values between our types and ONNX Runtime's. Inputs are not copied (except texts and truth values' lists); outputs are.</summary>
internal static class OnnxValues
{
    public static OrtValue ToOnnx(string name, ModelValue value) => value switch
    {
        TensorValue<string> texts => Texts(texts),
        TensorValue<float> tensor => Bind(tensor, tensor.Data),
        TensorValue<double> tensor => Bind(tensor, tensor.Data),
        TensorValue<sbyte> tensor => Bind(tensor, tensor.Data),
        TensorValue<byte> tensor => Bind(tensor, tensor.Data),
        TensorValue<short> tensor => Bind(tensor, tensor.Data),
        TensorValue<ushort> tensor => Bind(tensor, tensor.Data),
        TensorValue<int> tensor => Bind(tensor, tensor.Data),
        TensorValue<uint> tensor => Bind(tensor, tensor.Data),
        TensorValue<long> tensor => Bind(tensor, tensor.Data),
        TensorValue<ulong> tensor => Bind(tensor, tensor.Data),
        TensorValue<bool> tensor => Bind(tensor, tensor.Data),
        TensorValue<Half> tensor => Copy<Float16>(tensor, TensorElementType.Float16),
        TensorValue<BFloat16> tensor => Copy<Microsoft.ML.OnnxRuntime.BFloat16>(tensor, TensorElementType.BFloat16),
        SequenceValue sequence => OrtValue.CreateSequence([.. sequence.Items.Select(item => ToOnnx(name, item))]),
        MapValue map => Map(name, map),
        _ => throw new InvalidInputException($"Input '{name}' cannot be given to ONNX Runtime: it is a {value?.GetType().Name ?? "null"}."),
    };

    public static ModelValue FromOnnx(OrtValue value) => value.OnnxType switch
    {
        OnnxValueType.ONNX_TYPE_TENSOR => Tensor(value),
        OnnxValueType.ONNX_TYPE_SEQUENCE => Sequence(value),
        OnnxValueType.ONNX_TYPE_MAP => Map(value),
        _ => throw new NotSupportedException($"ONNX Runtime gave a value of kind {value.OnnxType}, which cannot be read."),
    };

    private static OrtValue Bind<T>(TensorValue tensor, Memory<T> data)
        where T : unmanaged => OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, data, Shape(tensor));

    // The binding knows types of its own for these two, of the same bits.
    private static OrtValue Copy<T>(TensorValue tensor, TensorElementType type)
        where T : unmanaged
    {
        var value = OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, type, Shape(tensor));
        tensor.Bytes.CopyTo(value.GetTensorMutableRawData());
        return value;
    }

    private static OrtValue Texts(TensorValue<string> texts)
    {
        var value = OrtValue.CreateTensorWithEmptyStrings(OrtAllocator.DefaultInstance, Shape(texts));
        var span = texts.Data.Span;
        for (var i = 0; i < span.Length; i++)
            value.StringTensorSetElementAt(span[i], i);
        return value;
    }

    private static OrtValue Map(string name, MapValue map)
    {
        var (keys, values) = (ToOnnx(name, map.Keys), ToOnnx(name, map.Values));
        return OrtValue.CreateMap(ref keys!, ref values!);
    }

    private static ModelValue Sequence(OrtValue value)
    {
        var items = new ModelValue[value.GetValueCount()];
        value.ProcessSequence((item, index) => items[index] = FromOnnx(item), OrtAllocator.DefaultInstance);
        return new SequenceValue(items);
    }

    private static ModelValue Map(OrtValue value)
    {
        MapValue? map = null;
        value.ProcessMap((keys, values) => map = new MapValue(Tensor(keys), Tensor(values)), OrtAllocator.DefaultInstance);
        return map!;
    }

    private static TensorValue Tensor(OrtValue value)
    {
        var info = value.GetTensorTypeAndShape();
        var shape = Array.ConvertAll(info.Shape, dimension => checked((int)dimension));
        if (info.ElementDataType == TensorElementType.String)
            return TensorValue.Create(info.ElementCount == 0 ? [] : value.GetStringTensorAsArray(), shape);
        var type = (TensorType)info.ElementDataType;
        if (!Enum.IsDefined(type))
            throw new NotSupportedException($"ONNX Runtime gave a tensor of {info.ElementDataType}, which cannot be read.");
        var tensor = TensorValue.Zeros(type, shape);
        if (tensor.Length > 0)
            value.GetTensorMutableRawData().CopyTo(tensor.Bytes);
        return tensor;
    }

    private static long[] Shape(TensorValue tensor)
    {
        var shape = new long[tensor.Shape.Length];
        for (var i = 0; i < shape.Length; i++)
            shape[i] = tensor.Shape[i];
        return shape;
    }
}
