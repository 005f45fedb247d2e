using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace MlOps.Learning;

/// <summary>Writes the parts of the protocol-buffers wire format that an ONNX file needs.</summary>
internal sealed class ProtobufWriter
{
    private readonly ArrayBufferWriter<byte> _output = new();

    public ReadOnlySpan<byte> Written => _output.WrittenSpan;

    public void Integer(int field, long value)
    {
        Varint((ulong)(uint)(field << 3));
        Varint((ulong)value);
    }

    public void Single(int field, float value)
    {
        Varint((ulong)(uint)((field << 3) | 5));
        BinaryPrimitives.WriteSingleLittleEndian(_output.GetSpan(4), value);
        _output.Advance(4);
    }

    public void Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    public void Bytes(int field, ReadOnlySpan<byte> value)
    {
        Varint((ulong)(uint)((field << 3) | 2));
        Varint((ulong)value.Length);
        _output.Write(value);
    }

    public void Message(int field, Action<ProtobufWriter> write)
    {
        ProtobufWriter inner = new();
        write(inner);
        Bytes(field, inner.Written);
    }

    public void PackedSingles(int field, ReadOnlySpan<float> values)
    {
        if (values.IsEmpty)
            return;
        Bytes(field, LittleEndian(values));
    }

    public void PackedIntegers(int field, ReadOnlySpan<long> values)
    {
        if (values.IsEmpty)
            return;
        ProtobufWriter inner = new();
        foreach (long value in values)
            inner.Varint((ulong)value);
        Bytes(field, inner.Written);
    }

    public static byte[] LittleEndian(ReadOnlySpan<float> values)
    {
        byte[] bytes = new byte[values.Length * sizeof(float)];
        if (BitConverter.IsLittleEndian)
        {
            MemoryMarshal.AsBytes(values).CopyTo(bytes);
            return bytes;
        }

        for (int i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), values[i]);
        return bytes;
    }

    private void Varint(ulong value)
    {
        Span<byte> span = _output.GetSpan(10);
        int length = 0;
        while (value >= 0x80)
        {
            span[length++] = (byte)(value | 0x80);
            value >>= 7;
        }

        span[length++] = (byte)value;
        _output.Advance(length);
    }
}
