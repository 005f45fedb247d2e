using System.Runtime.CompilerServices;

namespace MlOps.Features;

/// <summary>Stable 64-bit hashes of values for distinct counts: equal numbers of different types are one value. 0 stands for no value.</summary>
internal static class ValueHash
{
    public static long Of(long value) => Some(Mix((ulong)value));

    public static long Of(double value)
    {
        if (double.IsNaN(value))
            return 0;
        return Math.Abs(value) <= 1L << 53 && value == Math.Floor(value)
            ? Of((long)value)
            : Some(Mix(BitConverter.DoubleToUInt64Bits(value) ^ 0x9E3779B97F4A7C15));
    }

    /// <summary>FNV-1a over the UTF-16 units, then the same finish as numbers.</summary>
    public static long Of(string? value)
    {
        if (value is null)
            return 0;
        var hash = 14695981039346656037UL;
        foreach (var unit in value)
            hash = (hash ^ unit) * 1099511628211UL;
        return Some(Mix(hash ^ ((ulong)value.Length << 1 | 1)));
    }

    private static long Some(ulong hash) => hash == 0 ? 1 : (long)hash;

    // The finish of SplitMix64 (Steele, Lea, Flood 2014).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Mix(ulong value)
    {
        value += 0x9E3779B97F4A7C15;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
