using System.Numerics;

namespace MlOps.Features;

/// <summary>
/// Logarithmic buckets of fixed-point values, as in DDSketch (Masson, Rim, Lee 2019): 64 to each power of two, interpolated linearly, so that the middle
/// of a bucket is within 1/128 of every value in it. Integer arithmetic only, so that every machine has the same buckets.
/// </summary>
internal static class QuantileBuckets
{
    private const int Bits = 6;

    /// <summary>The bucket of a value in units: 0 for 0, negative for negative values, in the order of the values.</summary>
    public static int Of(long units)
    {
        if (units == 0)
            return 0;
        var size = (ulong)Math.Abs(units);
        var power = BitOperations.Log2(size);
        var part = power >= Bits ? (int)(size >> (power - Bits)) & ((1 << Bits) - 1) : (int)(size << (Bits - power)) & ((1 << Bits) - 1);
        var bucket = (power << Bits) + part + 1;
        return units < 0 ? -bucket : bucket;
    }

    /// <summary>The value in units that stands for a bucket: its middle, or the one integer in it.</summary>
    public static double Middle(int bucket)
    {
        if (bucket == 0)
            return 0;
        var place = Math.Abs(bucket) - 1;
        var power = place >> Bits;
        var part = place & ((1 << Bits) - 1);
        // Below 2^7 a bucket holds one integer at most.
        var low = Math.ScaleB((1 << Bits) + part, power - Bits);
        var middle = power <= Bits ? low : low + Math.ScaleB(1, power - Bits - 1) - 0.5;
        return bucket < 0 ? -middle : middle;
    }

    /// <summary>Which of <paramref name="count"/> values in ascending order is of a rank, from 0: the lower one between two.</summary>
    public static long Place(double rank, long count) => (long)(rank * (count - 1));
}
