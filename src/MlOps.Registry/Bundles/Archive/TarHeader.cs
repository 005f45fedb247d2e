using System.Buffers.Binary;
using System.Text;

namespace MlOps.Registry;

/// <summary>One 512-byte header of a tar file (POSIX.1-1988 ustar). The bytes are untrusted: the checksum is verified, numbers are parsed strictly.</summary>
internal readonly record struct TarHeader(string Name, long Size, byte Type)
{
    public const int BlockBytes = 512;
    public const byte File = (byte)'0';
    public const byte OldFile = 0;
    public const byte HardLink = (byte)'1';
    public const byte SymbolicLink = (byte)'2';
    public const byte CharacterDevice = (byte)'3';
    public const byte BlockDevice = (byte)'4';
    public const byte Directory = (byte)'5';
    public const byte Pipe = (byte)'6';
    public const byte Extended = (byte)'x';
    public const byte GlobalExtended = (byte)'g';

    private const int NameBytes = 100;
    private const int SizeAt = 124;
    private const int NumberBytes = 12;
    private const int ChecksumAt = 148;
    private const int ChecksumBytes = 8;
    private const int TypeAt = 156;
    private const int MagicAt = 257;
    private const int PrefixAt = 345;
    private const int PrefixBytes = 155;
    private const long LargestOctal = (1L << 33) - 1;

    /// <summary>The header of a plain file that anybody may read, without owner and time.</summary>
    public static void Write(Span<byte> block, string name, long size)
    {
        block[..BlockBytes].Clear();
        if (Encoding.ASCII.GetByteCount(name) > NameBytes)
            throw new InvalidInputException($"The name '{name}' has more than the {NameBytes} bytes that a tar header holds.");
        Encoding.ASCII.GetBytes(name, block);
        WriteOctal(block.Slice(100, 8), 0x1A4);
        WriteOctal(block.Slice(108, 8), 0);
        WriteOctal(block.Slice(116, 8), 0);
        if (size <= LargestOctal)
        {
            WriteOctal(block.Slice(SizeAt, NumberBytes), size);
        }
        else
        {
            // Base 256, which GNU, BSD and Go read: octal ends at 8 GiB.
            block[SizeAt] = 0x80;
            BinaryPrimitives.WriteInt64BigEndian(block.Slice(SizeAt + 4, 8), size);
        }

        WriteOctal(block.Slice(136, NumberBytes), 0);
        block[TypeAt] = File;
        "ustar\0"u8.CopyTo(block[MagicAt..]);
        "00"u8.CopyTo(block[(MagicAt + 6)..]);
        WriteOctal(block.Slice(ChecksumAt, ChecksumBytes - 1), Checksum(block));
        block[ChecksumAt + ChecksumBytes - 1] = (byte)' ';
    }

    public static bool IsZero(ReadOnlySpan<byte> block) => !block.ContainsAnyExcept((byte)0);

    /// <exception cref="CorruptDataException">It is not a header.</exception>
    public static TarHeader Read(ReadOnlySpan<byte> block, long position)
    {
        if (ReadNumber(block.Slice(ChecksumAt, ChecksumBytes), position, "checksum") != Checksum(block))
            throw new CorruptDataException($"The tar file has no sound header at byte {position}: its checksum does not fit. It is damaged, or compressed; unpack gzip or zstd first.");
        var name = ReadText(block[..NameBytes], position);
        if (block.Slice(MagicAt, 6).SequenceEqual("ustar\0"u8) && ReadText(block.Slice(PrefixAt, PrefixBytes), position) is { Length: > 0 } prefix)
            name = $"{prefix}/{name}";
        return new TarHeader(name, ReadNumber(block.Slice(SizeAt, NumberBytes), position, "size"), block[TypeAt]);
    }

    public static string Describe(byte type) => type switch
    {
        HardLink => "a hard link",
        SymbolicLink => "a symbolic link",
        CharacterDevice or BlockDevice => "a device",
        Pipe => "a pipe",
        (byte)'L' or (byte)'K' => "a GNU long name",
        (byte)'S' => "a sparse file",
        _ => $"of the type {type}",
    };

    /// <summary>The decoded text, or an exception: names that are not ASCII have no place in a layout.</summary>
    public static string ReadText(ReadOnlySpan<byte> field, long position)
    {
        var end = field.IndexOf((byte)0);
        var text = end < 0 ? field : field[..end];
        if (text.ContainsAnyExceptInRange((byte)0x20, (byte)0x7e))
            throw new InvalidInputException($"The tar file has an entry at byte {position} whose name is not printable ASCII.");
        return Encoding.ASCII.GetString(text);
    }

    private static int Checksum(ReadOnlySpan<byte> block)
    {
        var sum = ChecksumBytes * ' ';
        for (var i = 0; i < BlockBytes; i++)
        {
            if (i is < ChecksumAt or >= ChecksumAt + ChecksumBytes)
                sum += block[i];
        }

        return sum;
    }

    private static void WriteOctal(Span<byte> field, long value)
    {
        field[^1] = 0;
        for (var i = field.Length - 2; i >= 0; i--, value >>= 3)
            field[i] = (byte)('0' + (value & 7));
    }

    private static long ReadNumber(ReadOnlySpan<byte> field, long position, string what)
    {
        if (field[0] == 0x80 && field.Length == NumberBytes && field[1..4].IndexOfAnyExcept((byte)0) < 0)
        {
            var value = BinaryPrimitives.ReadInt64BigEndian(field[4..]);
            return value >= 0 ? value : throw new CorruptDataException($"The tar file's header at byte {position} has a negative {what}.");
        }

        var digits = field.TrimStart((byte)' ');
        var end = digits.IndexOfAny((byte)0, (byte)' ');
        var rest = end < 0 ? [] : digits[end..];
        digits = end < 0 ? digits : digits[..end];
        if (digits.IsEmpty || digits.ContainsAnyExceptInRange((byte)'0', (byte)'7') || rest.ContainsAnyExcept((byte)0, (byte)' '))
            throw new CorruptDataException($"The tar file's header at byte {position} has a {what} that is not an octal number. It is damaged, or compressed; unpack gzip or zstd first.");
        var number = 0L;
        foreach (var digit in digits)
            number = (number << 3) + (digit - '0');
        return number;
    }
}
