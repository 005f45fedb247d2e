using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace MlOps.Serving;

/// <summary>Writes the smallest model that multiplies by a matrix (onnx.proto3: ModelProto, GraphProto, NodeProto, TensorProto).</summary>
internal static class OnnxProduct
{
    public static byte[] Model(ReadOnlySpan<float> weights, int rows, int columns)
    {
        var raw = new byte[weights.Length * sizeof(float)];
        if (BitConverter.IsLittleEndian)
        {
            MemoryMarshal.AsBytes(weights).CopyTo(raw);
        }
        else
        {
            for (var i = 0; i < weights.Length; i++)
                BinaryPrimitives.WriteSingleLittleEndian(raw.AsSpan(i * sizeof(float)), weights[i]);
        }

        byte[] node = [.. Text(1, "input"), .. Text(1, "weights"), .. Text(2, "output"), .. Text(4, "MatMul")];
        byte[] tensor = [.. Number(1, rows), .. Number(1, columns), .. Number(2, 1), .. Text(8, "weights"), .. Bytes(9, raw)];
        byte[] graph = [.. Bytes(1, node), .. Text(2, "product"), .. Bytes(5, tensor), .. Value(11, "input", rows), .. Value(12, "output", columns)];
        byte[] opset = [.. Text(1, ""), .. Number(2, 17)];
        return [.. Number(1, 8), .. Bytes(7, graph), .. Bytes(8, opset)];
    }

    private static byte[] Value(int field, string name, int columns)
    {
        byte[] shape = [.. Bytes(1, Text(2, "N")), .. Bytes(1, Number(1, columns))];
        byte[] type = Bytes(1, [.. Number(1, 1), .. Bytes(2, shape)]);
        return Bytes(field, [.. Text(1, name), .. Bytes(2, type)]);
    }

    private static byte[] Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    private static byte[] Bytes(int field, byte[] value) => [.. Varint((ulong)((field << 3) | 2)), .. Varint((ulong)value.Length), .. value];

    private static byte[] Number(int field, long value) => [.. Varint((ulong)(field << 3)), .. Varint((ulong)value)];

    private static byte[] Varint(ulong value)
    {
        var writer = new ArrayBufferWriter<byte>(10);
        for (; value >= 0x80; value >>= 7)
            writer.Write([(byte)(value | 0x80)]);
        writer.Write([(byte)value]);
        return writer.WrittenSpan.ToArray();
    }
}
