using System.Buffers.Binary;
using System.Text;

namespace MlOps.Serving;

/// <summary>
/// A bounded forward reader over protobuf bytes (wire format of protobuf.dev/programming-guides/encoding) that materialises nothing.
/// Throws <see cref="InvalidInputException"/> on anything malformed.
/// </summary>
internal struct ProtoReader(ProtoSource source, long position, long end)
{
    private const int LongestVarint = 10;
    private ulong _seen;
    private long _position = position;

    public ProtoReader(ProtoSource source)
        : this(source, 0, source.Length)
    {
    }

    public int Field { get; private set; }

    public int WireType { get; private set; }

    public readonly long Position => _position;

    public readonly long Remaining => end - _position;

    public bool Next()
    {
        if (_position == end)
            return false;
        var tag = Varint();
        if (tag >> 3 is 0 or > 536_870_911)
            throw Malformed("a field number out of range");
        Field = (int)(tag >> 3);
        WireType = (int)(tag & 7);
        return true;
    }

    /// <summary>
    /// Refuses a second occurrence of the current field. Readers of protobuf take the last number and merge messages, so that two
    /// occurrences that are harmless each can be harmful together; no writer writes them.
    /// </summary>
    public void Once(string name)
    {
        var bit = 1UL << (Field & 63);
        if ((_seen & bit) != 0)
            throw Malformed($"the field '{name}' twice in one message");
        _seen |= bit;
    }

    public ulong Varint()
    {
        var span = source.At(_position, (int)Math.Min(LongestVarint, Remaining));
        if (span.Length > Remaining)
            span = span[..(int)Remaining];
        ulong value = 0;
        for (var i = 0; i < LongestVarint; i++)
        {
            if (i >= span.Length)
                throw Malformed("a number that ends with the message");
            var b = span[i];
            if (i == LongestVarint - 1 && b > 1)
                break;
            value |= (ulong)(b & 0x7f) << (7 * i);
            if (b < 0x80)
            {
                _position += i + 1;
                return value;
            }
        }

        throw Malformed("a number longer than 64 bits");
    }

    /// <summary>The value of the current field as a number; other wire types are refused.</summary>
    public ulong Number() => WireType == 0 ? Varint() : throw Malformed($"field {Field} with wire type {WireType} where a number is expected");

    /// <summary>The current field as a message or bytes of its own; this reader goes on behind it.</summary>
    public ProtoReader Bytes()
    {
        if (WireType != 2)
            throw Malformed($"field {Field} with wire type {WireType} where bytes are expected");
        var length = Varint();
        if (length > (ulong)Remaining)
            throw Malformed($"field {Field} that claims {length} bytes where {Remaining} remain");
        var inner = new ProtoReader(source, _position, _position + (long)length);
        _position += (long)length;
        return inner;
    }

    public string Text(int longest)
    {
        var inner = Bytes();
        if (inner.Remaining > longest)
            throw Malformed($"a name of {inner.Remaining} bytes; at most {longest} are let pass");
        return inner.Text();
    }

    /// <summary>What remains as text, cut at 200 bytes.</summary>
    public readonly string Text()
    {
        var count = (int)Math.Min(200, Remaining);
        return count == 0 ? "" : Encoding.UTF8.GetString(source.At(_position, count)[..count]);
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

    /// <summary>Reads the current field as one number or a packed list, keeps the first <paramref name="limit"/> of all and returns how many there were.</summary>
    public long Numbers(List<long> into, int limit)
    {
        if (WireType == 0)
        {
            Add(into, (long)Varint(), limit);
            return 1;
        }

        var packed = Bytes();
        var count = 0L;
        for (; packed.Remaining > 0 && into.Count < limit; count++)
            into.Add((long)packed.Varint());
        return count + packed.CountVarints();
    }

    /// <summary>Reads the current field as one float (or double) or a packed list of them.</summary>
    public long Reals(List<double> into, int limit, int size)
    {
        var list = WireType == (size == 4 ? 5 : 1) ? Fixed(size) : Bytes();
        if (list.Remaining % size != 0)
            throw Malformed($"a list of {size}-byte numbers in {list.Remaining} bytes");
        var count = list.Remaining / size;
        for (; list.Remaining > 0 && into.Count < limit; list._position += size)
        {
            var span = source.At(list._position, size);
            into.Add(size == 4 ? BinaryPrimitives.ReadSingleLittleEndian(span) : BinaryPrimitives.ReadDoubleLittleEndian(span));
        }

        return count;
    }

    /// <summary>Reads what remains as little-endian integers.</summary>
    public readonly void IntegersRaw(int size, List<long> into, int limit)
    {
        for (var at = _position; end - at >= size && into.Count < limit; at += size)
        {
            var span = source.At(at, size);
            into.Add(size == 8 ? BinaryPrimitives.ReadInt64LittleEndian(span) : BinaryPrimitives.ReadInt32LittleEndian(span));
        }
    }

    /// <summary>Reads what remains as little-endian floats or doubles.</summary>
    public readonly void RealsRaw(int size, List<double> into, int limit)
    {
        for (var at = _position; end - at >= size && into.Count < limit; at += size)
        {
            var span = source.At(at, size);
            into.Add(size == 8 ? BinaryPrimitives.ReadDoubleLittleEndian(span) : BinaryPrimitives.ReadSingleLittleEndian(span));
        }
    }

    /// <summary>How many varints remain; each ends with the first byte below 0x80.</summary>
    public long CountVarints()
    {
        long count = 0;
        while (Remaining > 0)
        {
            var span = source.At(_position, (int)Math.Min(4096, Remaining));
            if (span.Length > Remaining)
                span = span[..(int)Remaining];
            foreach (var b in span)
                count += b < 0x80 ? 1 : 0;
            _position += span.Length;
        }

        return count;
    }

    public static InvalidInputException Malformed(string what) => new($"The file is not an ONNX model: it contains {what}.");

    private static void Add(List<long> into, long value, int limit)
    {
        if (into.Count < limit)
            into.Add(value);
    }

    private ProtoReader Fixed(int size)
    {
        var inner = new ProtoReader(source, _position, _position + Math.Min(size, Remaining));
        Advance(size);
        return inner;
    }

    private void Advance(int count)
    {
        if (Remaining < count)
            throw Malformed("a fixed-size field that ends with the message");
        _position += count;
    }
}
