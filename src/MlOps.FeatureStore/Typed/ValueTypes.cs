using System.Runtime.CompilerServices;

namespace MlOps.Features;

/// <summary>Feature values as .NET values of a type known at compile time; the tests on the type vanish when compiled for it.</summary>
internal static class ValueTypes
{
    public static DataType Of<T>() => typeof(T) == typeof(DateTimeOffset) ? DataType.Timestamp : typeof(T) == typeof(int) ? DataType.Int64 : DataColumn.TypeOf<T>();

    /// <summary>Whether a missing value can be given to the function: only floats have NaN.</summary>
    public static bool CanBeAbsent<T>() => typeof(T) == typeof(float) || typeof(T) == typeof(double);

    public static T To<T>(in FeatureValue value)
    {
        if (typeof(T) == typeof(bool))
            return As<bool, T>(value.As(DataType.Boolean).ToBoolean());
        if (typeof(T) == typeof(int))
            return As<int, T>(ToInt32(in value));
        if (typeof(T) == typeof(long))
            return As<long, T>(value.As(DataType.Int64).ToInt64());
        if (typeof(T) == typeof(float))
            return As<float, T>(value.ToSingle());
        if (typeof(T) == typeof(double))
            return As<double, T>(value.ToDouble());
        if (typeof(T) == typeof(Timestamp))
            return As<Timestamp, T>(value.ToTimestamp());
        if (typeof(T) == typeof(DateTimeOffset))
            return As<DateTimeOffset, T>(value.ToTimestamp().ToDateTimeOffset());
        return (T)(object)value.ToText()!;
    }

    public static FeatureValue From<T>(T value)
    {
        if (typeof(T) == typeof(bool))
            return As<T, bool>(value);
        if (typeof(T) == typeof(int))
            return (long)As<T, int>(value);
        if (typeof(T) == typeof(long))
            return As<T, long>(value);
        if (typeof(T) == typeof(float))
            return As<T, float>(value);
        if (typeof(T) == typeof(double))
            return As<T, double>(value);
        if (typeof(T) == typeof(Timestamp))
            return As<T, Timestamp>(value);
        if (typeof(T) == typeof(DateTimeOffset))
            return As<T, DateTimeOffset>(value);
        return (string?)(object?)value;
    }

    public static int ToInt32(in FeatureValue value) =>
        value.As(DataType.Int64).ToInt64() is var number && number == (int)number
            ? (int)number
            : throw new InvalidInputException($"The feature value {value} does not fit into 32 bits: read it as long.");

    private static TTo As<TFrom, TTo>(TFrom value) => Unsafe.As<TFrom, TTo>(ref value);
}
