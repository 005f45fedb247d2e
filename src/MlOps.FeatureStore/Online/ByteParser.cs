using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace MlOps.Features;

/// <summary>Reads what <see cref="ByteBuffer"/> wrote; throws <see cref="EndOfStreamException"/> beyond the end.</summary>
internal ref struct ByteParser(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    public readonly bool IsAtEnd => _rest.IsEmpty;

    public int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Take(4));

    public long Int64() => BinaryPrimitives.ReadInt64LittleEndian(Take(8));

    public void Read(scoped Span<byte> destination) => Take(destination.Length).CopyTo(destination);

    public string? Text()
    {
        var head = Head();
        if (head == 0)
            return null;
        var bytes = Take((head - 1) / 2);
        return head % 2 == 1 ? Encoding.UTF8.GetString(bytes) : new string(MemoryMarshal.Cast<byte, char>(bytes));
    }

    public void SkipText()
    {
        if (Head() is > 0 and var head)
            Take((head - 1) / 2);
    }

    public void Skip(long count) => Take(count);

    private ReadOnlySpan<byte> Take(long count)
    {
        if (count < 0 || count > _rest.Length)
            throw new EndOfStreamException($"{count} bytes are expected where {_rest.Length} are left");
        var taken = _rest[..(int)count];
        _rest = _rest[(int)count..];
        return taken;
    }

    private uint Head()
    {
        uint value = 0;
        for (var shift = 0; shift < 35; shift += 7)
        {
            var part = Take(1)[0];
            value |= (uint)(part & 0x7F) << shift;
            if (part < 0x80)
                break;
        }

        return value;
    }
}
