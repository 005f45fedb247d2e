using System.Globalization;

namespace MlOps.AspNetCore;

/// <summary>A number as JSON writes it: digits times a power of ten. Conversions round to nearest, as the standard library does.</summary>
/// <remarks>
/// The short way is Clinger's (1990): digits below 2^53 and a power of ten up to 22 are exact doubles, so that one operation rounds once.
/// Narrowing that double to a float is right unless it lies exactly between two floats.
/// </remarks>
internal readonly ref struct JsonNumber(ReadOnlySpan<byte> text, ulong digits, int exponent, bool negative, bool exact, bool integral)
{
    private const ulong ExactDigits = 1UL << 53;
    private const int ExactPower = 22;
    private const double SmallestNormal = 1.1754943508222875E-38;

    private static ReadOnlySpan<double> Powers =>
        [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22];

    public ReadOnlySpan<byte> Text { get; } = text;

    public bool Integral { get; } = integral;

    public float ToSingle()
    {
        if (exact && digits <= ExactDigits && exponent is >= -ExactPower and <= ExactPower)
        {
            double value = exponent < 0 ? digits / Powers[-exponent] : digits * Powers[exponent];
            if (value == 0 || (value >= SmallestNormal && (BitConverter.DoubleToUInt64Bits(value) & 0x1FFF_FFFF) != 0x1000_0000))
                return negative ? -(float)value : (float)value;
        }

        return float.Parse(Text, NumberStyles.Float, CultureInfo.InvariantCulture);
    }

    public double ToDouble()
    {
        if (exact && digits <= ExactDigits && exponent is >= -ExactPower and <= ExactPower)
        {
            double value = exponent < 0 ? digits / Powers[-exponent] : digits * Powers[exponent];
            return negative ? -value : value;
        }

        return double.Parse(Text, NumberStyles.Float, CultureInfo.InvariantCulture);
    }

    public bool TryGetInt64(out long value)
    {
        value = negative ? -(long)digits : (long)digits;
        return Integral && exact && digits <= (negative ? 1UL << 63 : long.MaxValue);
    }

    public bool TryGetUInt64(out ulong value)
    {
        value = digits;
        return Integral && exact && (!negative || digits == 0);
    }
}
