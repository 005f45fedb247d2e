using MlOps.Serving;

namespace MlOps.AspNetCore;

/// <summary>Reads one JSON value as an element of a tensor.</summary>
internal interface IElement<T>
{
    static abstract T Read(ref JsonCursor cursor);
}

internal readonly struct SingleElement : IElement<float>
{
    public static float Read(ref JsonCursor cursor)
    {
        if (cursor.TryReadSingle(out var simple))
            return simple;
        var number = cursor.ReadNumber();
        var value = number.ToSingle();
        return float.IsFinite(value) ? value : throw Elements.TooLarge(ref cursor, number, "FP32");
    }
}

internal readonly struct DoubleElement : IElement<double>
{
    public static double Read(ref JsonCursor cursor)
    {
        var number = cursor.ReadNumber();
        var value = number.ToDouble();
        return double.IsFinite(value) ? value : throw Elements.TooLarge(ref cursor, number, "FP64");
    }
}

internal readonly struct HalfElement : IElement<Half>
{
    public static Half Read(ref JsonCursor cursor)
    {
        var number = cursor.ReadNumber();
        var value = (Half)number.ToDouble();
        return Half.IsFinite(value) ? value : throw Elements.TooLarge(ref cursor, number, "FP16");
    }
}

internal readonly struct BFloat16Element : IElement<BFloat16>
{
    public static BFloat16 Read(ref JsonCursor cursor)
    {
        var number = cursor.ReadNumber();
        var value = (BFloat16)number.ToSingle();
        return float.IsFinite((float)value) ? value : throw Elements.TooLarge(ref cursor, number, "BF16");
    }
}

internal readonly struct BooleanElement : IElement<bool>
{
    public static bool Read(ref JsonCursor cursor) => cursor.ReadBoolean();
}

internal readonly struct TextElement : IElement<string>
{
    public static string Read(ref JsonCursor cursor) => System.Text.Encoding.UTF8.GetString(cursor.ReadString());
}

internal readonly struct UInt64Element : IElement<ulong>
{
    public static ulong Read(ref JsonCursor cursor)
    {
        var number = cursor.ReadNumber();
        return number.TryGetUInt64(out var value) ? value : throw Elements.NoInteger(ref cursor, number, "UINT64");
    }
}

internal readonly struct IntegerElement<T> : IElement<T>
    where T : System.Numerics.IBinaryInteger<T>, System.Numerics.IMinMaxValue<T>
{
    public static T Read(ref JsonCursor cursor)
    {
        var number = cursor.ReadNumber();
        return number.TryGetInt64(out var value) && value >= long.CreateSaturating(T.MinValue) && value <= long.CreateSaturating(T.MaxValue)
            ? T.CreateTruncating(value)
            : throw Elements.NoInteger(ref cursor, number, $"{(T.MinValue < T.Zero ? "INT" : "UINT")}{T.MaxValue.GetByteCount() * 8}");
    }
}

internal static class Elements
{
    public static ProtocolException TooLarge(ref JsonCursor cursor, JsonNumber number, string type) =>
        ProtocolException.Malformed($"{Shown(number)} at byte {cursor.Position - number.Text.Length} is too large for {type}.");

    public static ProtocolException NoInteger(ref JsonCursor cursor, JsonNumber number, string type) =>
        ProtocolException.Malformed($"{Shown(number)} at byte {cursor.Position - number.Text.Length} is no {type}.");

    private static string Shown(JsonNumber number) =>
        System.Text.Encoding.ASCII.GetString(number.Text.Length > 40 ? number.Text[..40] : number.Text) + (number.Text.Length > 40 ? "..." : "");
}
