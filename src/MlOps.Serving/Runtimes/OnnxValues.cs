using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace MlOps.Serving;

/// <summary>Reads what ONNX Runtime gave: each output is copied once, into memory of the caller's.</summary>
internal static class OnnxValues
{
    public static ModelValue FromOnnx(string name, OrtValue value)
    {
        switch (value.OnnxType)
        {
            case OnnxValueType.ONNX_TYPE_TENSOR:
                return Tensor(name, value);
            case OnnxValueType.ONNX_TYPE_SEQUENCE:
                var items = new ModelValue[value.GetValueCount()];
                value.ProcessSequence((item, index) => items[index] = FromOnnx(name, item), OrtAllocator.DefaultInstance);
                return new SequenceValue(items);
            case OnnxValueType.ONNX_TYPE_MAP:
                MapValue? map = null;
                value.ProcessMap((keys, values) => map = new MapValue(Tensor(name, keys), Tensor(name, values)), OrtAllocator.DefaultInstance);
                return map!;
            default:
                throw new NotSupportedException($"Output '{name}' is of kind {value.OnnxType}, which cannot be read: leave it out of the outputs asked for.");
        }
    }

    public static long[] Shape(TensorValue tensor)
    {
        var shape = new long[tensor.Shape.Length];
        for (var i = 0; i < shape.Length; i++)
            shape[i] = tensor.Shape[i];
        return shape;
    }

    /// <summary>Type and shape of a tensor whose elements can be read.</summary>
    public static (TensorType Type, int[] Shape) Describe(string name, OrtValue value)
    {
        var info = value.GetTensorTypeAndShape();
        var type = (TensorType)info.ElementDataType;
        if (!Enum.IsDefined(type))
            throw new NotSupportedException($"Output '{name}' has elements of type {info.ElementDataType}, which cannot be read: leave it out of the outputs asked for.");
        return (type, Array.ConvertAll(info.Shape, dimension => checked((int)dimension)));
    }

    private static TensorValue Tensor(string name, OrtValue value)
    {
        var (type, shape) = Describe(name, value);
        if (type == TensorType.String)
            return new TensorValue<string>(TensorValue.CountOf(shape) == 0 ? Array.Empty<string>() : value.GetStringTensorAsArray(), shape);
        var tensor = TensorValue.Uninitialized(type, shape);
        if (tensor.Length > 0)
            value.GetTensorMutableRawData().CopyTo(tensor.Bytes);
        return tensor;
    }
}
