using System.Globalization;

namespace MlOps.Features;

/// <summary>One feature of one entity with its type: a 64-bit word, or a text. A number is not boxed. The default is "no value" of Float32.</summary>
public readonly struct FeatureValue : IEquatable<FeatureValue>
{
    private readonly long _word;
    private readonly string? _text;
    private readonly byte _type;
    private readonly bool _hasValue;

    private FeatureValue(DataType type, long word, string? text, bool hasValue)
    {
        _type = (byte)type;
        _word = word;
        _text = text;
        _hasValue = hasValue;
    }

    /// <summary>The feature's type: Boolean, Int64, Float32, Float64, String or Timestamp.</summary>
    public DataType Type => _type == 0 ? DataType.Float32 : (DataType)_type;

    /// <summary>Whether there is a value; NaN is none.</summary>
    public bool HasValue => _hasValue;

    /// <summary>No value of a type.</summary>
    /// <param name="type">The type.</param>
    /// <returns>The value that is not there.</returns>
    public static FeatureValue None(DataType type) => new(type, 0, null, false);

    /// <summary>A number; NaN is no value.</summary>
    /// <param name="value">The number.</param>
    /// <returns>The value.</returns>
    public static FeatureValue Of(float value) => new(DataType.Float32, BitConverter.SingleToInt32Bits(value), null, !float.IsNaN(value));

    /// <summary>A number; NaN is no value.</summary>
    /// <param name="value">The number.</param>
    /// <returns>The value.</returns>
    public static FeatureValue Of(double value) => new(DataType.Float64, BitConverter.DoubleToInt64Bits(value), null, !double.IsNaN(value));

    /// <summary>An integer.</summary>
    /// <param name="value">The integer.</param>
    /// <returns>The value.</returns>
    public static FeatureValue Of(long value) => new(DataType.Int64, value, null, true);

    /// <summary>A flag.</summary>
    /// <param name="value">The flag.</param>
    /// <returns>The value.</returns>
    public static FeatureValue Of(bool value) => new(DataType.Boolean, value ? 1 : 0, null, true);

    /// <summary>A moment.</summary>
    /// <param name="value">The moment.</param>
    /// <returns>The value.</returns>
    public static FeatureValue Of(Timestamp value) => new(DataType.Timestamp, value.Microseconds, null, true);

    /// <summary>A text; null is no value.</summary>
    /// <param name="value">The text.</param>
    /// <returns>The value.</returns>
    public static FeatureValue Of(string? value) => new(DataType.String, 0, value, value is not null);

    /// <summary>The word that an engine keeps for a type other than text.</summary>
    internal static FeatureValue OfWord(DataType type, long word) => type switch
    {
        DataType.Float32 => Of(BitConverter.Int32BitsToSingle((int)word)),
        DataType.Float64 => Of(BitConverter.Int64BitsToDouble(word)),
        _ => new FeatureValue(type, word, null, true),
    };

    /// <summary>The value as a number: flags as 0 and 1, moments as microseconds, no value as NaN.</summary>
    /// <returns>The number.</returns>
    /// <exception cref="InvalidInputException">It is a text.</exception>
    public double ToDouble() => Type switch
    {
        _ when !_hasValue && Type != DataType.String => double.NaN,
        DataType.Float32 => BitConverter.Int32BitsToSingle((int)_word),
        DataType.Float64 => BitConverter.Int64BitsToDouble(_word),
        DataType.String => throw new InvalidInputException($"The feature value '{_text}' is a text, not a number. Encode it (FeatureEncoding), or read it as a text."),
        _ => _word,
    };

    /// <summary>The value as a 32-bit number, as <see cref="ToDouble"/>.</summary>
    /// <returns>The number.</returns>
    public float ToSingle() => Type == DataType.Float32 && _hasValue ? BitConverter.Int32BitsToSingle((int)_word) : (float)ToDouble();

    /// <summary>An integer, flag or moment as a 64-bit integer.</summary>
    /// <returns>The integer; 0 where there is no value.</returns>
    /// <exception cref="InvalidInputException">It is a float or a text.</exception>
    public long ToInt64() => Type is DataType.Int64 or DataType.Boolean or DataType.Timestamp
        ? _word
        : throw new InvalidInputException($"The feature value {this} is {Type}, not an integer.");

    /// <summary>The flag.</summary>
    /// <returns>The flag; false where there is no value.</returns>
    /// <exception cref="InvalidInputException">It is of another type.</exception>
    public bool ToBoolean() => Type == DataType.Boolean ? _word != 0 : throw new InvalidInputException($"The feature value {this} is {Type}, not Boolean.");

    /// <summary>The moment.</summary>
    /// <returns>The moment; the epoch where there is no value.</returns>
    /// <exception cref="InvalidInputException">It is of another type.</exception>
    public Timestamp ToTimestamp() => Type == DataType.Timestamp ? new Timestamp(_word) : throw new InvalidInputException($"The feature value {this} is {Type}, not Timestamp.");

    /// <summary>The text of a text feature.</summary>
    /// <returns>The text; null where there is no value.</returns>
    /// <exception cref="InvalidInputException">It is of another type.</exception>
    public string? ToText() => Type == DataType.String ? _text : throw new InvalidInputException($"The feature value {this} is {Type}, not a text.");

    /// <summary>The value as float, double, long, bool, string or <see cref="Timestamp"/>, boxed; null where there is none.</summary>
    /// <returns>The object.</returns>
    public object? ToObject() => !_hasValue ? null : Type switch
    {
        DataType.Float32 => ToSingle(),
        DataType.Float64 => ToDouble(),
        DataType.Boolean => _word != 0,
        DataType.String => _text,
        DataType.Timestamp => new Timestamp(_word),
        _ => _word,
    };

    /// <inheritdoc />
    public bool Equals(FeatureValue other) => Type == other.Type && _hasValue == other._hasValue && (!_hasValue || (_word == other._word && _text == other._text));

    /// <inheritdoc />
    public override bool Equals(object? obj) => obj is FeatureValue other && Equals(other);

    /// <inheritdoc />
    public override int GetHashCode() => HashCode.Combine(_type, _hasValue ? _word : 0, _text);

    /// <summary>Whether two values are of one type and the same bits.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    public static bool operator ==(FeatureValue left, FeatureValue right) => left.Equals(right);

    /// <summary>Whether two values differ in type or bits.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    public static bool operator !=(FeatureValue left, FeatureValue right) => !left.Equals(right);

    /// <inheritdoc />
    public override string ToString() => Convert.ToString(ToObject(), CultureInfo.InvariantCulture) ?? "";
}
