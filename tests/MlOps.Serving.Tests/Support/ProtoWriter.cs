using System.Text;

namespace MlOps.Serving.Tests;

/// <summary>Writes protobuf fields, well or badly formed as a test wants.</summary>
internal sealed class ProtoWriter
{
    private readonly MemoryStream _stream = new();

    public byte[] ToArray() => _stream.ToArray();

    public ProtoWriter Int(int field, long value)
    {
        Varint((ulong)(field << 3));
        Varint((ulong)value);
        return this;
    }

    public ProtoWriter Float(int field, float value)
    {
        Varint((ulong)(field << 3 | 5));
        _stream.Write(BitConverter.GetBytes(value));
        return this;
    }

    public ProtoWriter Bytes(int field, byte[] value)
    {
        Varint((ulong)(field << 3 | 2));
        Varint((ulong)value.Length);
        _stream.Write(value);
        return this;
    }

    public ProtoWriter Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    public ProtoWriter Message(int field, Action<ProtoWriter> write)
    {
        var inner = new ProtoWriter();
        write(inner);
        return Bytes(field, inner.ToArray());
    }

    public ProtoWriter Raw(params byte[] bytes)
    {
        _stream.Write(bytes);
        return this;
    }

    /// <summary>Copies length-delimited fields, one number exchanged for another.</summary>
    public ProtoWriter Renumbered(byte[] message, int from, int to)
    {
        for (var at = 0; at < message.Length;)
        {
            var (tag, length) = (Read(message, ref at), 0UL);
            length = Read(message, ref at);
            var field = (int)(tag >> 3);
            Bytes(field == from ? to : field, message[at..(at + (int)length)]);
            at += (int)length;
        }

        return this;
    }

    private static ulong Read(byte[] message, ref int at)
    {
        var value = 0UL;
        for (var shift = 0; ; shift += 7)
        {
            value |= (ulong)(message[at] & 0x7f) << shift;
            if (message[at++] < 0x80)
                return value;
        }
    }

    private void Varint(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
            _stream.WriteByte((byte)(value | 0x80));
        _stream.WriteByte((byte)value);
    }
}
