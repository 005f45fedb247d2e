using System.Runtime.InteropServices;
using System.Text;

namespace MlOps.Serving.Parity.Tests;

/// <summary>Reads ONNX's stored values (TensorProto, SequenceProto, OptionalProto of onnx.proto).</summary>
internal static class OnnxProto
{
    public static TensorValue Tensor(ReadOnlySpan<byte> bytes)
    {
        var (dimensions, type) = (new List<long>(), 0);
        ReadOnlySpan<byte> raw = default;
        List<long> numbers = [];
        List<string> texts = [];
        byte[] floats = [], doubles = [];
        var reader = new ProtoReader(bytes);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1: reader.Numbers(dimensions, 100); break;
                case 2: type = (int)reader.Number(); break;
                case 4: floats = [.. floats, .. reader.Bytes()]; break;
                case 5 or 7 or 11: reader.Numbers(numbers, int.MaxValue); break;
                case 6: texts.Add(Encoding.UTF8.GetString(reader.Bytes())); break;
                case 9: raw = reader.Bytes(); break;
                case 10: doubles = [.. doubles, .. reader.Bytes()]; break;
                default: reader.Skip(); break;
            }
        }

        if (!Enum.IsDefined((TensorType)type))
            throw new NotSupportedException($"element type {type}");
        var tensor = Aligned((TensorType)type, [.. dimensions.Select(dimension => (int)dimension)]);
        if (tensor is TensorValue<string> strings)
            texts.CopyTo(strings.Data.Span);
        else if (raw.Length > 0)
            raw.CopyTo(tensor.Bytes);
        else if (floats.Length > 0)
            floats.CopyTo(tensor.Bytes);
        else if (doubles.Length > 0)
            doubles.CopyTo(tensor.Bytes);
        for (var i = 0; i < numbers.Count; i++)
            MemoryMarshal.AsBytes(new ReadOnlySpan<long>([numbers[i]]))[..tensor.ElementSize].CopyTo(tensor.Bytes[(i * tensor.ElementSize)..]);
        return tensor;
    }

    // Where memory begins decides last bits in some kernels: as aligned as ONNX Runtime's own, so that the paths can be compared.
    private static TensorValue Aligned(TensorType type, int[] shape)
    {
        var count = TensorValue.CountOf(shape);
        return type switch
        {
            TensorType.Float => TensorValue.Create(AlignedMemory.Allocate<float>(count), shape),
            TensorType.Double => TensorValue.Create(AlignedMemory.Allocate<double>(count), shape),
            TensorType.Float16 => TensorValue.Create(AlignedMemory.Allocate<Half>(count), shape),
            TensorType.BFloat16 => TensorValue.Create(AlignedMemory.Allocate<BFloat16>(count), shape),
            _ => TensorValue.Zeros(type, shape),
        };
    }

    public static SequenceValue Sequence(ReadOnlySpan<byte> bytes)
    {
        var items = new List<ModelValue>();
        var reader = new ProtoReader(bytes);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 3: items.Add(Tensor(reader.Bytes())); break;
                case 5: items.Add(Sequence(reader.Bytes())); break;
                default: reader.Skip(); break;
            }
        }

        return new SequenceValue(items);
    }

    /// <summary>The value that an optional holds; null when it holds none.</summary>
    public static ModelValue? Optional(ReadOnlySpan<byte> bytes)
    {
        ModelValue? value = null;
        var reader = new ProtoReader(bytes);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 3: value = Tensor(reader.Bytes()); break;
                case 5: value = Sequence(reader.Bytes()); break;
                default: reader.Skip(); break;
            }
        }

        return value;
    }
}
