using System.Buffers.Binary;

namespace MlOps.Features;

/// <summary>
/// Files of a stream's log, version 1, little-endian, named after their first offset: a header of 24 bytes (magic, version, first offset,
/// CRC-32C), then frames (magic, length, CRC-32C, first offset, rows, the rows as a stored data frame). A frame is one write.
/// </summary>
internal static class StreamLogFormat
{
    public const int Version = 1;
    public const int HeaderBytes = 24;

    /// <summary>Magic, length, checksum.</summary>
    public const int PrefixBytes = 12;

    /// <summary>First offset, rows.</summary>
    public const int FrameHeadBytes = 12;

    public static ReadOnlySpan<byte> Magic => "MLFSTR\r\n"u8;

    public static ReadOnlySpan<byte> FrameMagic => "\u0001STR"u8;

    public static byte[] Header(long first)
    {
        var header = new byte[HeaderBytes];
        Magic.CopyTo(header);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(8), Version);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(12), first);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(20), Crc32C.Compute(header.AsSpan(0, 20)));
        return header;
    }

    /// <summary>Puts a frame's prefix and head before its rows, which stand behind them already.</summary>
    public static void Seal(Span<byte> frame, long first, int rows)
    {
        FrameMagic.CopyTo(frame);
        BinaryPrimitives.WriteInt32LittleEndian(frame[4..], frame.Length - PrefixBytes);
        BinaryPrimitives.WriteInt64LittleEndian(frame[PrefixBytes..], first);
        BinaryPrimitives.WriteInt32LittleEndian(frame[(PrefixBytes + 8)..], rows);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[8..], Crc32C.Compute(frame[PrefixBytes..]));
    }

    /// <summary>Reads the frame at a position; null when there is no whole one.</summary>
    public static byte[]? ReadFrame(Stream stream, long at, long end)
    {
        if (end - at < PrefixBytes + FrameHeadBytes)
            return null;
        Span<byte> prefix = stackalloc byte[PrefixBytes];
        stream.Position = at;
        stream.ReadExactly(prefix);
        var length = BinaryPrimitives.ReadInt32LittleEndian(prefix[4..]);
        if (!prefix[..4].SequenceEqual(FrameMagic) || length < FrameHeadBytes || length > end - at - PrefixBytes)
            return null;
        var payload = new byte[length];
        stream.ReadExactly(payload);
        return Crc32C.Compute(payload) == BinaryPrimitives.ReadUInt32LittleEndian(prefix[8..]) ? payload : null;
    }

    public static (long First, int Rows) HeadOf(ReadOnlySpan<byte> payload) =>
        (BinaryPrimitives.ReadInt64LittleEndian(payload), BinaryPrimitives.ReadInt32LittleEndian(payload[8..]));
}
