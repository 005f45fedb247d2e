using System.Globalization;
using System.Runtime.CompilerServices;

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

    /// <summary>The short way to a float.</summary>
    /// <param name="digits">All digits, which did not overflow.</param>
    /// <param name="exponent">The power of ten that they count in.</param>
    /// <param name="negative">Whether a minus stands before them.</param>
    /// <param name="value">The float.</param>
    /// <returns>False where the short way may round wrongly.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryToSingle(ulong digits, int exponent, bool negative, out float value)
    {
        value = 0;
        if (digits > ExactDigits || exponent is < -ExactPower or > ExactPower)
            return false;
        double whole = exponent < 0 ? (long)digits / Powers[-exponent] : (long)digits * Powers[exponent];
        if (whole != 0 && (whole < SmallestNormal || (BitConverter.DoubleToUInt64Bits(whole) & 0x1FFF_FFFF) == 0x1000_0000))
            return false;
        value = negative ? -(float)whole : (float)whole;
        return true;
    }

    public float ToSingle() => exact && TryToSingle(digits, exponent, negative, out var value) ? value : float.Parse(Text, NumberStyles.Float, CultureInfo.InvariantCulture);

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
