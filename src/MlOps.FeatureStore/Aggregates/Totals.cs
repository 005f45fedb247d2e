namespace MlOps.Features;

/// <summary>The exact parts that features of one fixed-point column over one window are made of. Sums wrap like the machine's, so that differences of running totals are exact.</summary>
internal struct Totals
{
    public long Count;
    public Int128 Sum;
    public UInt128 Squares;
    public long Min;
    public long Max;

    public static Totals Empty => new() { Min = long.MaxValue, Max = long.MinValue };

    /// <summary>The one place where a feature's value is made of exact parts, so that every executor yields the same bits.</summary>
    public readonly double Finish(AggregateFunction function, int scale) => function switch
    {
        AggregateFunction.Count => Count,
        AggregateFunction.Sum => OfSum(Sum, scale),
        _ when Count == 0 => double.NaN,
        AggregateFunction.Mean => OfMean(Sum, Count, scale),
        AggregateFunction.Min => OfUnits(Min, scale),
        AggregateFunction.Max => OfUnits(Max, scale),
        AggregateFunction.Variance => Variance(scale),
        AggregateFunction.StandardDeviation => Math.Sqrt(Variance(scale)),
        _ => throw new InvalidOperationException($"{function} is not made of totals."),
    };

    // A number within 64 bits becomes the same double by either conversion; the short one is several times faster.
    public static double OfSum(Int128 sum, int scale) => (long)sum == sum ? OfUnits((long)sum, scale) : (double)sum / scale;

    public static double OfMean(Int128 sum, long count, int scale) => (long)sum == sum ? OfMean((long)sum, count, scale) : (double)sum / ((double)scale * count);

    public static double OfMean(long sum, long count, int scale) => sum / ((double)scale * count);

    // Dividing by one changes nothing and costs most of it.
    public static double OfUnits(long units, int scale) => scale == 1 ? units : (double)units / scale;

    // (n Σx² - (Σx)²) / (n² scale²): the numerator is exact, whatever cancels in it.
    private readonly double Variance(int scale)
    {
        var sum = (UInt128)(Sum < 0 ? -Sum : Sum);
        double numerator;
        if (sum <= ulong.MaxValue && Squares <= UInt128.MaxValue / (ulong)Count)
        {
            numerator = (double)(Squares * (ulong)Count - sum * sum);
        }
        else
        {
            Wide(Squares, (ulong)Count, out var left2, out var left1, out var left0);
            Square(sum, out var right3, out var right2, out var right1, out var right0);
            // The difference is not negative (Cauchy-Schwarz), so the left side's missing fourth word is enough.
            var low = new UInt128(left1, left0) - new UInt128(right1, right0);
            var borrow = new UInt128(left1, left0) < new UInt128(right1, right0) ? UInt128.One : UInt128.Zero;
            var high = new UInt128(0, left2) - new UInt128(right3, right2) - borrow;
            numerator = (double)high * 340282366920938463463374607431768211456.0 + (double)low;
        }

        return numerator / ((double)Count * Count) / ((double)scale * scale);
    }

    private static void Wide(UInt128 value, ulong factor, out ulong word2, out ulong word1, out ulong word0)
    {
        var low = Math.BigMul((ulong)value, factor, out word0);
        var high = (UInt128)(ulong)(value >> 64) * factor + low;
        word1 = (ulong)high;
        word2 = (ulong)(high >> 64);
    }

    private static void Square(UInt128 value, out ulong word3, out ulong word2, out ulong word1, out ulong word0)
    {
        ulong low = (ulong)value, high = (ulong)(value >> 64);
        var bottom = (UInt128)low * low;
        var cross = (UInt128)low * high;
        var top = (UInt128)high * high;
        var middle = (bottom >> 64) + (ulong)cross + (ulong)cross;
        word0 = (ulong)bottom;
        word1 = (ulong)middle;
        var upper = top + (cross >> 64) + (cross >> 64) + (middle >> 64);
        word2 = (ulong)upper;
        word3 = (ulong)(upper >> 64);
    }
}
