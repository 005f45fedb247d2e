using System.Text;

namespace MlOps.Registry;

/// <summary>
/// Reads protocol-buffer fields from a stream with one fixed buffer. A message is a range that ends at a known position; a field
/// that reaches past the end of its message is refused. Untrusted bytes: every length is checked before anything is allocated.
/// </summary>
internal sealed class ProtoReader(Stream stream, long maximumBytes)
{
    private readonly byte[] _buffer = new byte[16 * 1024];
    private int _start;
    private int _end;
    private long _consumed;

    public long Position => _consumed;

    /// <summary>The next field of the message that ends at <paramref name="end"/>; false at its end. At the outermost level the end is that of the stream.</summary>
    public bool NextField(long end, out int field, out WireType wire)
    {
        field = 0;
        wire = default;
        if (_consumed == end || (end == long.MaxValue && !Fill()))
            return false;
        var tag = ReadVarint(end);
        field = tag >> 3 is > 0 and < 1 << 29 ? (int)(tag >> 3) : throw Refused($"field number {tag >> 3}");
        wire = (tag & 7) is 0 or 1 or 2 or 5 ? (WireType)(tag & 7) : throw Refused($"wire type {tag & 7}");
        return true;
    }

    public ulong ReadVarint(long end)
    {
        var value = 0UL;
        for (var shift = 0; shift < 70; shift += 7)
        {
            var next = ReadByte(end);
            if (shift == 63 && next > 1)
                break;
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
                return value;
        }

        throw Refused("a number of more than 64 bits");
    }

    /// <summary>Begins an embedded message or a byte field and returns where it ends.</summary>
    public long BeginLength(long end)
    {
        var length = ReadVarint(end);
        var limit = Math.Min(end, maximumBytes);
        if (length > (ulong)Math.Max(0, limit - _consumed))
            throw Refused($"a field of {length} bytes that reaches past the end of its message");
        return _consumed + (long)length;
    }

    public string ReadString(long end, int maximumLength)
    {
        var stop = BeginLength(end);
        var length = stop - _consumed;
        if (length > maximumLength)
            throw Refused($"a name of {length} bytes; at most {maximumLength} are read");
        var bytes = new byte[length];
        for (var i = 0; i < bytes.Length; i++)
            bytes[i] = ReadByte(stop);
        try
        {
            return StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw Refused("a name that is not valid UTF-8");
        }
    }

    public void Skip(WireType wire, long end)
    {
        switch (wire)
        {
            case WireType.Varint:
                ReadVarint(end);
                break;
            case WireType.Fixed64:
                SkipTo(Checked(_consumed + 8, end));
                break;
            case WireType.Fixed32:
                SkipTo(Checked(_consumed + 4, end));
                break;
            default:
                SkipTo(BeginLength(end));
                break;
        }
    }

    public void SkipTo(long position)
    {
        while (_consumed < position)
        {
            if (!Fill())
                throw Refused("an end in the middle of a field");
            var step = (int)Math.Min(position - _consumed, _end - _start);
            _start += step;
            _consumed += step;
        }
    }

    public InvalidInputException Refused(string what) => new($"The ONNX model is not valid: at byte {_consumed} it has {what}.");

    private static UTF8Encoding StrictUtf8 { get; } = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private long Checked(long position, long end) => position <= end ? position : throw Refused("a field that reaches past the end of its message");

    private byte ReadByte(long end)
    {
        if (_consumed >= end || !Fill())
            throw Refused("an end in the middle of a field");
        _consumed++;
        return _buffer[_start++];
    }

    private bool Fill()
    {
        if (_start < _end)
            return true;
        _start = 0;
        _end = stream.Read(_buffer, 0, _buffer.Length);
        if (_consumed + _end > maximumBytes)
            throw new InvalidInputException($"The ONNX model is larger than {maximumBytes} bytes.");
        return _end > 0;
    }
}
