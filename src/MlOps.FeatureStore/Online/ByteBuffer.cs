using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Unicode;

namespace MlOps.Features;

/// <summary>Bytes in memory that grow as they are written: numbers little-endian, texts as their length and UTF-8.</summary>
internal sealed class ByteBuffer
{
    private byte[] _bytes = new byte[1 << 12];

    public int Length { get; private set; }

    public Span<byte> Written => _bytes.AsSpan(0, Length);

    /// <summary>Forgets what was written; a very large buffer is given up.</summary>
    public void Clear()
    {
        Length = 0;
        if (_bytes.Length > 32 << 20)
            _bytes = new byte[1 << 12];
    }

    public void Write(int value) => BinaryPrimitives.WriteInt32LittleEndian(Take(4), value);

    public void Write(long value) => BinaryPrimitives.WriteInt64LittleEndian(Take(8), value);

    public void Write(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Take(bytes.Length));

    /// <summary>A text; one that is no proper UTF-16 keeps its units.</summary>
    public void Write(string? text)
    {
        if (text is null)
        {
            Take(1)[0] = 0;
            return;
        }

        Ensure((3 * text.Length) + 5);
        // Most texts are short: the length goes into one byte, and makes room when it does not fit.
        var isProper = Utf8.FromUtf16(text, _bytes.AsSpan(Length + 1), out _, out var written, replaceInvalidSequences: false) == OperationStatus.Done;
        if (!isProper)
        {
            MemoryMarshal.AsBytes(text.AsSpan()).CopyTo(_bytes.AsSpan(Length + 1));
            written = 2 * text.Length;
        }

        var head = (2 * (uint)written) + (isProper ? 1u : 2u);
        if (head >= 0x80)
        {
            var bytes = 0;
            for (var rest = head; rest > 0; rest >>= 7)
                bytes++;
            _bytes.AsSpan(Length + 1, written).CopyTo(_bytes.AsSpan(Length + bytes));
        }

        for (; head >= 0x80; head >>= 7)
            _bytes[Length++] = (byte)(head | 0x80);
        _bytes[Length++] = (byte)head;
        Length += written;
    }

    /// <summary>Appends what was written to a file, behind its length and its checksum, and begins anew.</summary>
    public void WriteTo(IDurableFile file)
    {
        Span<byte> prefix = stackalloc byte[8];
        BinaryPrimitives.WriteInt32LittleEndian(prefix, Length);
        BinaryPrimitives.WriteUInt32LittleEndian(prefix[4..], Crc32C.Compute(Written));
        file.Write(prefix);
        file.Write(Written);
        Clear();
    }

    /// <summary>Leaves room, to be filled in later.</summary>
    public void Skip(int count) => Take(count).Clear();

    private Span<byte> Take(int count)
    {
        Ensure(count);
        Length += count;
        return _bytes.AsSpan(Length - count, count);
    }

    private void Ensure(int count)
    {
        if (_bytes.Length - Length < count)
            Array.Resize(ref _bytes, (int)Math.Min(Array.MaxLength, Math.Max(2L * _bytes.Length, Length + (long)count)));
    }
}
