using System.Numerics;
using System.Runtime.InteropServices;

namespace MlOps.Features;

/// <summary>CRC-32C (Castagnoli, RFC 3720), eight bytes at a time by the processor's instruction where there is one.</summary>
internal static class Checksum
{
    public static uint Of(ReadOnlySpan<byte> bytes, uint seed = 0)
    {
        var crc = ~seed;
        foreach (var word in MemoryMarshal.Cast<byte, ulong>(bytes))
            crc = BitOperations.Crc32C(crc, word);
        foreach (var rest in bytes[(bytes.Length & ~7)..])
            crc = BitOperations.Crc32C(crc, rest);
        return ~crc;
    }
}
