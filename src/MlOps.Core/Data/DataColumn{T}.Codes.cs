using System.Runtime.CompilerServices;

namespace MlOps;

public sealed partial class DataColumn<T>
{
    internal override int[] Encode(ValueCodes seen, bool grow)
    {
        var codes = new int[Length];
        var values = Span;
        var known = seen.Of<T>();
        for (var i = 0; i < codes.Length; i++)
        {
            if (NullCount > 0 && IsNull(i))
                codes[i] = grow ? seen.Null() : -1;
            else
                codes[i] = seen.Code(known, values[i], grow);
        }

        return codes;
    }

    internal override ulong[] OrderKeys()
    {
        var keys = new ulong[Length];
        var values = Span;
        if (typeof(T) == typeof(string))
            return TextOrderKeys(keys);
        for (var i = 0; i < keys.Length; i++)
            keys[i] = OrderKey(values[i]);
        return keys;
    }

    internal override void CopyTo(Span<float> destination, int stride)
    {
        CheckNumeric();
        var values = Span;
        for (var i = 0; i < values.Length; i++)
            destination[i * stride] = NullCount > 0 && IsNull(i) ? float.NaN : AsFloat(values[i]);
    }

    /// <inheritdoc />
    public override double[] AsDoubles()
    {
        CheckNumeric();
        var values = Span;
        var numbers = new double[values.Length];
        for (var i = 0; i < values.Length; i++)
            numbers[i] = NullCount > 0 && IsNull(i) ? double.NaN : AsDouble(values[i]);
        return numbers;
    }

    private void CheckNumeric()
    {
        if (Type is DataType.String or DataType.Timestamp)
            throw new InvalidInputException($"Column '{Name}' holds {Type}, which has no single number: derive a numeric column from it (a code, an hour, an age) and pass that.");
    }

    // The branches on typeof(T) vanish when the method is compiled for a type.
    private static float AsFloat(T value)
    {
        if (typeof(T) == typeof(bool))
            return Unsafe.As<T, bool>(ref value) ? 1f : 0f;
        if (typeof(T) == typeof(int))
            return Unsafe.As<T, int>(ref value);
        if (typeof(T) == typeof(long))
            return Unsafe.As<T, long>(ref value);
        if (typeof(T) == typeof(double))
            return (float)Unsafe.As<T, double>(ref value);
        return Unsafe.As<T, float>(ref value);
    }

    private static double AsDouble(T value)
    {
        if (typeof(T) == typeof(bool))
            return Unsafe.As<T, bool>(ref value) ? 1 : 0;
        if (typeof(T) == typeof(int))
            return Unsafe.As<T, int>(ref value);
        if (typeof(T) == typeof(long))
            return Unsafe.As<T, long>(ref value);
        if (typeof(T) == typeof(float))
            return Unsafe.As<T, float>(ref value);
        return Unsafe.As<T, double>(ref value);
    }

    private static ulong OrderKey(T value)
    {
        if (typeof(T) == typeof(bool))
            return Unsafe.As<T, bool>(ref value) ? 1UL : 0UL;
        if (typeof(T) == typeof(int))
            return (ulong)Unsafe.As<T, int>(ref value) ^ (1UL << 63);
        if (typeof(T) == typeof(float))
            return DoubleKey(Unsafe.As<T, float>(ref value));
        if (typeof(T) == typeof(double))
            return DoubleKey(Unsafe.As<T, double>(ref value));
        return (ulong)Unsafe.As<T, long>(ref value) ^ (1UL << 63);
    }

    // IEEE bits order like integers once negative numbers are flipped; the two zeros are one value, and every NaN is the greatest.
    private static ulong DoubleKey(double value)
    {
        if (value == 0)
            value = 0;
        if (double.IsNaN(value))
            return ulong.MaxValue;
        var bits = BitConverter.DoubleToUInt64Bits(value);
        return (bits & (1UL << 63)) != 0 ? ~bits : bits | (1UL << 63);
    }

    private ulong[] TextOrderKeys(ulong[] keys)
    {
        var codes = new ValueCodes();
        var rows = Encode(codes, grow: true);
        var distinct = codes.Of<T>().Select(pair => (Text: (string)(object)pair.Key.Value!, pair.Value)).ToArray();
        Array.Sort(distinct, static (a, b) => string.CompareOrdinal(a.Text, b.Text));
        var rank = new ulong[codes.Count];
        for (var i = 0; i < distinct.Length; i++)
            rank[distinct[i].Value] = (ulong)i;
        for (var i = 0; i < keys.Length; i++)
            keys[i] = rank[rows[i]];
        return keys;
    }
}
