using System.Globalization;

namespace MlOps;

/// <summary>Values as invariant text and back; what is written reads back to the same bits (NaN to a NaN).</summary>
internal static class ValueText
{
    private static readonly string[] MomentFormats =
    [
        "yyyy-MM-dd", "yyyy-MM-ddTHH:mm:ss.FFFFFFFK", "yyyy-MM-dd HH:mm:ss.FFFFFFFK", "yyyy-MM-ddTHH:mmK", "yyyy-MM-dd HH:mmK",
    ];

    public static string Format(DataColumn column, int row) => column switch
    {
        DataColumn<bool> flags => flags[row] ? "true" : "false",
        DataColumn<int> numbers => numbers[row].ToString(CultureInfo.InvariantCulture),
        DataColumn<long> numbers => numbers[row].ToString(CultureInfo.InvariantCulture),
        DataColumn<float> numbers => numbers[row].ToString("R", CultureInfo.InvariantCulture),
        DataColumn<double> numbers => numbers[row].ToString("R", CultureInfo.InvariantCulture),
        DataColumn<Timestamp> moments => moments[row].ToString(),
        _ => ((DataColumn<string>)column)[row],
    };

    /// <summary>Appends a text as a value of the builder's type; false when it is none.</summary>
    public static bool TryAdd(ColumnBuilder builder, string text)
    {
        switch (builder)
        {
            case ColumnBuilder<string> texts:
                texts.Add(text);
                return true;
            case ColumnBuilder<bool> flags when TryFlag(text, out var flag):
                flags.Add(flag);
                return true;
            case ColumnBuilder<int> numbers when int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number):
                numbers.Add(number);
                return true;
            case ColumnBuilder<long> numbers when TryInteger(text, out var number):
                numbers.Add(number);
                return true;
            case ColumnBuilder<float> numbers when float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number):
                numbers.Add(number);
                return true;
            case ColumnBuilder<double> numbers when TryNumber(text, out var number):
                numbers.Add(number);
                return true;
            case ColumnBuilder<Timestamp> moments when TryMoment(text, out var moment):
                moments.Add(moment);
                return true;
            default:
                return false;
        }
    }

    public static bool TryFlag(string text, out bool flag)
    {
        flag = text is "true" or "True" or "TRUE";
        return flag || text is "false" or "False" or "FALSE";
    }

    // Codes such as 007 are text: as a number they would lose their zeros.
    public static bool LooksLikeCode(string text)
    {
        var digits = text.AsSpan().TrimStart('-');
        return digits.Length > 1 && digits[0] == '0' && char.IsAsciiDigit(digits[1]);
    }

    public static bool TryInteger(string text, out long number) => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);

    public static bool TryNumber(string text, out double number) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number);

    public static bool TryMoment(string text, out Timestamp moment)
    {
        var parsed = DateTimeOffset.TryParseExact(text, MomentFormats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date);
        moment = parsed ? Timestamp.From(date) : default;
        return parsed;
    }
}
