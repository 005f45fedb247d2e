using System.Runtime.InteropServices;

namespace MlOps.Features;

/// <summary>A hash of request keys that is the same in every process and version, so that all of them sample the same keys.</summary>
internal static class KeyHash
{
    private const ulong Odd = 0x9E37_79B9_7F4A_7C15;

    public static ulong Of(ReadOnlySpan<string> keys)
    {
        var hash = Odd;
        foreach (var key in keys)
            hash = Mix(hash ^ Of(MemoryMarshal.AsBytes(key.AsSpan())));
        return hash;
    }

    private static ulong Of(ReadOnlySpan<byte> bytes)
    {
        // The length goes in first, so that "a" and "a\0" differ.
        var hash = Mix((ulong)bytes.Length + Odd);
        while (bytes.Length >= 8)
        {
            hash = Mix(hash ^ MemoryMarshal.Read<ulong>(bytes));
            bytes = bytes[8..];
        }

        ulong rest = 0;
        for (var i = 0; i < bytes.Length; i++)
            rest |= (ulong)bytes[i] << (8 * i);
        return Mix(hash ^ rest);
    }

    // Multiplication to 128 bits, halves folded: every bit of the input reaches every bit of the output.
    private static ulong Mix(ulong value)
    {
        var high = Math.BigMul(value ^ 0xD6E8_FEB8_6659_FD93, Odd, out var low);
        high ^= low;
        return high ^ (high >> 29);
    }
}
