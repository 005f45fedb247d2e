using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Unicode;

namespace MlOps.AspNetCore;

/// <summary>
/// Reads JSON (RFC 8259, nothing more lenient) from contiguous bytes, forward only, without allocating. The reader of the standard library
/// spends more on a number than the model's answer to it may take.
/// </summary>
internal ref struct JsonCursor
{
    private readonly ReadOnlySpan<byte> _text;
    private readonly int _maximumDepth;
    private int _at;

    /// <param name="text">Bytes; refused unless they are UTF-8.</param>
    /// <param name="maximumDepth">How deep values may nest.</param>
    public JsonCursor(ReadOnlySpan<byte> text, int maximumDepth)
    {
        _text = text;
        _maximumDepth = maximumDepth;
        if (!Utf8.IsValid(text))
            throw ProtocolException.Malformed("The request is not UTF-8.");
    }

    public int Position
    {
        readonly get => _at;
        set => _at = value;
    }

    public readonly int Remaining => _text.Length - _at;

    /// <summary>The next byte that is no white space; not consumed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte Peek()
    {
        if ((uint)_at < (uint)_text.Length && _text[_at] > (byte)' ')
            return _text[_at];
        return PeekBehindSpace();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Expect(byte wanted)
    {
        if (Peek() != wanted)
            throw Unexpected($"'{(char)wanted}'");
        _at++;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryTake(byte wanted)
    {
        if (Peek() != wanted)
            return false;
        _at++;
        return true;
    }

    /// <summary>After a member or an element: true when another one follows, false when the object or array ended.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Another(byte end)
    {
        var next = Peek();
        if (next != ',' && next != end)
            throw Unexpected($"',' or '{(char)end}'");
        _at++;
        return next == ',';
    }

    /// <summary>The name of a member and its colon.</summary>
    public ReadOnlySpan<byte> ReadName()
    {
        var name = ReadString();
        Expect((byte)':');
        return name;
    }

    /// <summary>A string's text, escapes resolved.</summary>
    public ReadOnlySpan<byte> ReadString()
    {
        Expect((byte)'"');
        var start = _at;
        var length = _text[start..].IndexOfAny(StringEnds);
        if (length < 0)
            throw ProtocolException.Malformed("The JSON ends within a string.");
        _at = start + length;
        if (_text[_at] == '"')
        {
            _at++;
            return _text.Slice(start, length);
        }

        return ReadEscaped(start);
    }

    public bool ReadBoolean()
    {
        switch (Peek())
        {
            case (byte)'t':
                Literal("true"u8);
                return true;
            case (byte)'f':
                Literal("false"u8);
                return false;
            default:
                throw Unexpected("true or false");
        }
    }

    /// <summary>
    /// A float of few digits without an exponent, as most are. Takes the first eight digits behind the point at once, as eight bytes of one
    /// integer. Reads nothing where the number is of another form, or near the end: <see cref="ReadNumber"/> does.
    /// </summary>
    public bool TryReadSingle(out float value)
    {
        const int room = 32;
        const int most = 19; // a sign, a point and 17 digits, or a sign and 18 digits: below 2^63
        value = 0;
        if (_text.Length - _at < room)
            return false;
        var text = _text.Slice(_at, room);
        var negative = text[0] == '-';
        var at = negative ? 1 : 0;
        ulong digits = (uint)(text[at++] - '0');
        if (digits > 9)
            return false;
        if (text[at] != '.')
        {
            for (; (uint)(text[at] - '0') <= 9; at++)
            {
                if (digits == 0 || at >= most)
                    return false;
                digits = (digits * 10) + (uint)(text[at] - '0');
            }
        }

        var exponent = 0;
        if (text[at] == '.')
        {
            if (++at > room - 16)
                return false;
            var next = BinaryPrimitives.ReadUInt64LittleEndian(text[at..]) ^ 0x3030_3030_3030_3030;
            // Adding carries into a byte's highest bit exactly when it is no digit; what bytes behind the first such one say does not count.
            var count = BitOperations.TrailingZeroCount(((next + 0x7676_7676_7676_7676) | next) & 0x8080_8080_8080_8080) >> 3;
            if (count == 0)
                return false;
            next <<= 64 - (8 * count);
            next = (next * 2561) >> 8;
            next = ((next & 0x00FF_00FF_00FF_00FF) * 6553601) >> 16;
            next = ((next & 0x0000_FFFF_0000_FFFF) * 42949672960001) >> 32;
            digits = (digits * Powers[count]) + next;
            at += count;
            exponent = -count;
            for (; count == 8 && (uint)(text[at] - '0') <= 9; at++)
            {
                if (at >= most)
                    return false;
                digits = (digits * 10) + (uint)(text[at] - '0');
                exponent--;
            }
        }

        if (at > most || (text[at] | 0x20) == 'e' || !JsonNumber.TryToSingle(digits, exponent, negative, out value))
            return false;
        _at += at;
        return true;
    }

    /// <summary>A number.</summary>
    public JsonNumber ReadNumber()
    {
        var first = Peek();
        var text = _text;
        var at = _at;
        var start = at;
        var negative = first == '-';
        if (negative)
            at++;
        ulong digits = 0;
        int significant = 0, exponent = 0;
        byte next = at < text.Length ? text[at] : (byte)0;
        if ((uint)(next - '0') > 9)
            throw Unexpected("a number");
        if (next == '0')
        {
            at++;
            if (at < text.Length && (uint)(text[at] - '0') <= 9)
                throw Unexpected("a number without leading zeros");
        }
        else
        {
            for (; at < text.Length && (uint)(text[at] - '0') <= 9; at++)
            {
                digits = (digits * 10) + (uint)(text[at] - '0');
                significant++;
            }
        }

        var integral = true;
        if (at < text.Length && text[at] == '.')
        {
            integral = false;
            var fraction = ++at;
            for (; at < text.Length && (uint)(text[at] - '0') <= 9; at++)
            {
                digits = (digits * 10) + (uint)(text[at] - '0');
                if (digits != 0)
                    significant++;
            }

            exponent = fraction - at;
            if (exponent == 0)
                throw Malformed(at, "a digit after the decimal point");
        }

        if (at < text.Length && (text[at] | 0x20) == 'e')
        {
            integral = false;
            at++;
            var minus = at < text.Length && text[at] == '-';
            if (minus || (at < text.Length && text[at] == '+'))
                at++;
            var begin = at;
            var power = 0;
            for (; at < text.Length && (uint)(text[at] - '0') <= 9; at++)
                power = Math.Min((power * 10) + (text[at] - '0'), 1_000_000);
            if (at == begin)
                throw Malformed(at, "a digit in the exponent");
            exponent += minus ? -power : power;
        }

        _at = at;
        // 19 digits always fit into 64 bits; 20 may not.
        var exact = significant <= 19 || (significant == 20 && integral && FitsTwenty(text[start..at], negative));
        return new JsonNumber(text[start..at], digits, exponent, negative, exact, integral);
    }

    /// <summary>Steps over any value.</summary>
    /// <param name="depth">How deep the value lies.</param>
    public void Skip(int depth)
    {
        switch (Peek())
        {
            case (byte)'"':
                ReadString();
                break;
            case (byte)'{':
                Enter(depth);
                if (TryTake((byte)'}'))
                    break;
                do
                {
                    ReadName();
                    Skip(depth + 1);
                }
                while (Another((byte)'}'));
                break;
            case (byte)'[':
                Enter(depth);
                if (TryTake((byte)']'))
                    break;
                do
                    Skip(depth + 1);
                while (Another((byte)']'));
                break;
            case (byte)'t' or (byte)'f':
                ReadBoolean();
                break;
            case (byte)'n':
                Literal("null"u8);
                break;
            default:
                ReadNumber();
                break;
        }
    }

    /// <summary>Nothing but white space may follow.</summary>
    public void End()
    {
        while (_at < _text.Length)
        {
            if (!IsSpace(_text[_at]))
                throw Unexpected("the end");
            _at++;
        }
    }

    public readonly ProtocolException Unexpected(string wanted) => Malformed(_at, wanted);

    private static SearchValues<byte> StringEnds { get; } = SearchValues.Create([.. Enumerable.Range(0, 32).Select(i => (byte)i), (byte)'"', (byte)'\\']);

    private static ReadOnlySpan<ulong> Powers => [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];

    private static bool IsSpace(byte value) => value is (byte)' ' or (byte)'\t' or (byte)'\n' or (byte)'\r';

    private static bool FitsTwenty(ReadOnlySpan<byte> text, bool negative) => ulong.TryParse(negative ? text[1..] : text, out _);

    private readonly ProtocolException Malformed(int at, string wanted) => ProtocolException.Malformed(
        at >= _text.Length ? $"The JSON ends where {wanted} was expected." : $"The JSON has {Shown(_text[at])} at byte {at}, where {wanted} was expected.");

    private static string Shown(byte value) => value is > 0x20 and < 0x7F ? $"'{(char)value}'" : $"the byte 0x{value:x2}";

    private void Enter(int depth)
    {
        if (depth >= _maximumDepth)
            throw ProtocolException.Malformed($"The JSON nests deeper than {_maximumDepth} at byte {_at}.");
        _at++;
    }

    private byte PeekBehindSpace()
    {
        for (; _at < _text.Length; _at++)
        {
            if (!IsSpace(_text[_at]))
                return _text[_at];
        }

        throw ProtocolException.Malformed("The JSON ends too early.");
    }

    private void Literal(ReadOnlySpan<byte> wanted)
    {
        if (!_text[_at..].StartsWith(wanted))
            throw Unexpected($"'{Encoding.ASCII.GetString(wanted)}'");
        _at += wanted.Length;
    }

    private ReadOnlySpan<byte> ReadEscaped(int start)
    {
        var result = new ArrayBufferWriter<byte>(64);
        result.Write(_text[start.._at]);
        while (true)
        {
            var next = _text[_at];
            if (next == '"')
            {
                _at++;
                return result.WrittenSpan;
            }

            if (next < 0x20)
                throw Unexpected("a character (control characters are escaped)");
            _at++;
            Unescape(result);
            var length = _text[_at..].IndexOfAny(StringEnds);
            if (length < 0)
                throw ProtocolException.Malformed("The JSON ends within a string.");
            result.Write(_text.Slice(_at, length));
            _at += length;
        }
    }

    private void Unescape(ArrayBufferWriter<byte> result)
    {
        if (_at >= _text.Length)
            throw ProtocolException.Malformed("The JSON ends within a string.");
        byte simple = _text[_at] switch
        {
            (byte)'"' => (byte)'"',
            (byte)'\\' => (byte)'\\',
            (byte)'/' => (byte)'/',
            (byte)'b' => (byte)'\b',
            (byte)'f' => (byte)'\f',
            (byte)'n' => (byte)'\n',
            (byte)'r' => (byte)'\r',
            (byte)'t' => (byte)'\t',
            (byte)'u' => 0,
            _ => throw Unexpected("an escape that JSON knows"),
        };
        _at++;
        if (simple != 0)
        {
            result.Write([simple]);
            return;
        }

        var unit = Hexadecimal();
        Rune rune;
        if (char.IsHighSurrogate(unit) && _text[_at..].StartsWith("\\u"u8))
        {
            _at += 2;
            if (!Rune.TryCreate(unit, Hexadecimal(), out rune))
                throw Unexpected("the second half of a surrogate pair");
        }
        else if (!Rune.TryCreate(unit, out rune))
        {
            throw Unexpected("a whole surrogate pair");
        }

        Span<byte> utf8 = stackalloc byte[4];
        result.Write(utf8[..rune.EncodeToUtf8(utf8)]);
    }

    private char Hexadecimal()
    {
        var unit = 0;
        for (var i = 0; i < 4; i++)
        {
            if (_at + i >= _text.Length || !char.IsAsciiHexDigit((char)_text[_at + i]))
                throw Unexpected("four hexadecimal digits");
            var digit = _text[_at + i];
            unit = (unit << 4) | (digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
        }

        _at += 4;
        return (char)unit;
    }
}
