namespace MlOps.Features;

/// <summary>
/// Segment files, version 2, little-endian. A header of 64 bytes; row groups, each of all columns of a power of two of rows, so that the rows of one
/// entity lie together; the sections of the index (keys, key offsets, starts, hash slots); the directory (offset, length and CRC-32C of every group)
/// and the CRC-32C of every 64 KiB of the index sections; a trailer of 192 bytes, whose checksums cover both tables and itself.
/// </summary>
internal static class SegmentFormat
{
    public const uint Version = 2;
    public const int HeaderBytes = 64;
    public const int TrailerBytes = 192;
    public const int GroupEntryBytes = 16;
    public const int DescriptorBytes = 16;
    public const int BlockBytes = 1 << 16;
    public const int Alignment = 64;

    public const int Keys = 0;
    public const int KeyOffsets = 1;
    public const int Starts = 2;
    public const int Slots = 3;
    public const int Sections = 4;

    /// <summary>Values of a column of a group are the entry's base plus an unsigned number of this many bytes; 0 is the base alone.</summary>
    public const byte HasMissing = 1;

    public const byte HasNulls = 2;

    /// <summary>No value at all: every row is missing or null.</summary>
    public const byte AllMissing = 4;

    public static ReadOnlySpan<byte> Magic => "MLFSEG\r\n"u8;

    public static string NameOf(int section) => section switch
    {
        Keys => "keys",
        KeyOffsets => "key offsets",
        Starts => "entity starts",
        Slots => "key index",
        _ => $"section {section}",
    };

    /// <summary>How many rows a group has, as a power of two: about 32 KiB of them, so that a cold read of one entity is one short read.</summary>
    public static int ShiftFor(SegmentLayout layout)
    {
        var shift = 6;
        while (shift < 13 && layout.TypicalRowBytes << (shift + 1) <= 40 << 10)
            shift++;
        return shift;
    }

    public static long Align(long offset) => (offset + Alignment - 1) / Alignment * Alignment;
}
