using System.Buffers.Binary;

namespace MlOps.Serving;

/// <summary>A bounded forward reader over protobuf bytes (wire format of protobuf.dev/programming-guides/encoding). Throws <see cref="InvalidInputException"/> on anything malformed.</summary>
internal ref struct ProtoReader(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private int _position;

    public int Field { get; private set; }

    public int WireType { get; private set; }

    public readonly int Remaining => _bytes.Length - _position;

    public bool Next()
    {
        if (_position == _bytes.Length)
            return false;
        var tag = Varint();
        Field = (int)(tag >> 3);
        WireType = (int)(tag & 7);
        if (tag >> 3 is 0 or > 536_870_911)
            throw Malformed("a field number out of range");
        return true;
    }

    public ulong Varint()
    {
        ulong value = 0;
        for (var shift = 0; shift < 70; shift += 7)
        {
            if (_position >= _bytes.Length)
                throw Malformed("a number that ends with the file");
            var b = _bytes[_position++];
            if (shift == 63 && b > 1)
                break;
            value |= (ulong)(b & 0x7f) << shift;
            if (b < 0x80)
                return value;
        }

        throw Malformed("a number longer than 64 bits");
    }

    /// <summary>The value of the current field as a number; other wire types are refused.</summary>
    public ulong Number() => WireType == 0 ? Varint() : throw Malformed($"field {Field} with wire type {WireType} where a number is expected");

    public ReadOnlySpan<byte> Bytes()
    {
        if (WireType != 2)
            throw Malformed($"field {Field} with wire type {WireType} where bytes are expected");
        var length = Varint();
        if (length > (ulong)Remaining)
            throw Malformed($"field {Field} that claims {length} bytes where {Remaining} remain");
        var span = _bytes.Slice(_position, (int)length);
        _position += (int)length;
        return span;
    }

    public void Skip()
    {
        switch (WireType)
        {
            case 0:
                Varint();
                break;
            case 1:
                Advance(8);
                break;
            case 2:
                Bytes();
                break;
            case 5:
                Advance(4);
                break;
            default:
                throw Malformed($"wire type {WireType}");
        }
    }

    /// <summary>Reads the current field as one entry or as a packed list of numbers.</summary>
    public void Numbers(List<long> into, int limit)
    {
        if (WireType == 0)
        {
            Add(into, (long)Varint(), limit);
            return;
        }

        var packed = new ProtoReader(Bytes());
        while (packed.Remaining > 0)
            Add(into, (long)packed.Varint(), limit);
    }

    public static void IntegersRaw(ReadOnlySpan<byte> raw, int size, List<long> into, int limit)
    {
        for (; raw.Length >= size && into.Count < limit; raw = raw[size..])
            into.Add(size == 8 ? BinaryPrimitives.ReadInt64LittleEndian(raw) : BinaryPrimitives.ReadInt32LittleEndian(raw));
    }

    private static void Add(List<long> into, long value, int limit)
    {
        if (into.Count < limit)
            into.Add(value);
    }

    private void Advance(int count)
    {
        if (Remaining < count)
            throw Malformed("a fixed-size field that ends with the file");
        _position += count;
    }

    private static InvalidInputException Malformed(string what) => new($"The file is not an ONNX model: it contains {what}.");
}
