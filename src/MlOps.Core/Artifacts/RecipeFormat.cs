using System.Buffers.Binary;
using System.Numerics;

namespace MlOps.Artifacts;

/// <summary>
/// Version 1 of a recipe, little-endian. Head (16 bytes): magic, version. Segments of up to 4096 chunks: first logical offset (u64), per
/// chunk SHA-256, length (u32), pack number (u16) and offset in the pack (u48), then CRC-32C of the segment. Pack identifiers (16 bytes each).
/// Hooks (u64 of a chunk's key, u32 segment). Foot (80 bytes): digest, length (u64), chunks, packs, hooks (u32 each), CRC-32C of packs
/// and hooks, average chunk length, version, magic, CRC-32C of the foot. Every length follows from the foot, so a cut or longer file is found.
/// </summary>
internal static class RecipeFormat
{
    public const uint Version = 1;
    public const int HeadBytes = 16;
    public const int FootBytes = 80;
    public const int EntryBytes = 44;
    public const int SegmentEntries = 4096;
    public const int SegmentExtraBytes = 12;
    public const int HookBytes = 12;
    public const int PackBytes = 16;
    public const int MaximumPacks = ushort.MaxValue;

    /// <summary>No writer makes longer chunks, and no reader takes more memory for one.</summary>
    public const int MaximumChunkBytes = 4 << 20;

    public static ReadOnlySpan<byte> Magic => "MLRECIPE"u8;

    public static long SegmentAt(int segment) => HeadBytes + (segment * ((long)(SegmentEntries * EntryBytes) + SegmentExtraBytes));

    public static int Segments(int chunks) => (chunks + SegmentEntries - 1) / SegmentEntries;

    public static long TableAt(int chunks) => HeadBytes + ((long)chunks * EntryBytes) + ((long)Segments(chunks) * SegmentExtraBytes);

    public static uint Crc(ReadOnlySpan<byte> bytes, uint crc = uint.MaxValue)
    {
        while (bytes.Length >= 8)
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[8..];
        }

        foreach (var b in bytes)
            crc = BitOperations.Crc32C(crc, b);
        return crc;
    }
}
