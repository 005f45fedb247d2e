using System.Runtime.InteropServices;
using System.Text;

namespace MlOps.Serving.Parity.Tests;

/// <summary>Reads ONNX's stored values (TensorProto, SequenceProto, OptionalProto of onnx.proto).</summary>
internal static class OnnxProto
{
    public static TensorValue Tensor(byte[] file) => Tensor(new ProtoReader(new ProtoSource(file)), file);

    public static SequenceValue Sequence(byte[] file) => Sequence(new ProtoReader(new ProtoSource(file)), file);

    /// <summary>The value that an optional holds; null when it holds none.</summary>
    public static ModelValue? Optional(byte[] file)
    {
        ModelValue? value = null;
        var reader = new ProtoReader(new ProtoSource(file));
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 3: value = Tensor(reader.Bytes(), file); break;
                case 5: value = Sequence(reader.Bytes(), file); break;
                default: reader.Skip(); break;
            }
        }

        return value;
    }

    private static TensorValue Tensor(ProtoReader reader, byte[] file)
    {
        var (dimensions, type) = (new List<long>(), 0);
        ReadOnlySpan<byte> raw = default;
        List<long> numbers = [];
        List<string> texts = [];
        byte[] floats = [], doubles = [];
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1: reader.Numbers(dimensions, 100); break;
                case 2: type = (int)reader.Number(); break;
                case 4: floats = [.. floats, .. Raw(reader.Bytes(), file)]; break;
                case 5 or 7 or 11: reader.Numbers(numbers, int.MaxValue); break;
                case 6: texts.Add(Encoding.UTF8.GetString(Raw(reader.Bytes(), file))); break;
                case 9: raw = Raw(reader.Bytes(), file); break;
                case 10: doubles = [.. doubles, .. Raw(reader.Bytes(), file)]; break;
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

    private static SequenceValue Sequence(ProtoReader reader, byte[] file)
    {
        var items = new List<ModelValue>();
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 3: items.Add(Tensor(reader.Bytes(), file)); break;
                case 5: items.Add(Sequence(reader.Bytes(), file)); break;
                default: reader.Skip(); break;
            }
        }

        return new SequenceValue(items);
    }

    private static ReadOnlySpan<byte> Raw(ProtoReader field, byte[] file) => file.AsSpan((int)field.Position, (int)field.Remaining);
}
