namespace MlOps;

/// <summary>Null bitmaps: one bit per row, least significant first, set where the row has a value.</summary>
internal static class ValidityBits
{
    public static ulong[] AllValid(int length)
    {
        var bits = new ulong[(length + 63) / 64];
        Array.Fill(bits, ulong.MaxValue);
        return bits;
    }

    public static void Clear(ulong[] bits, int row) => bits[row >> 6] &= ~(1UL << (row & 63));
}
