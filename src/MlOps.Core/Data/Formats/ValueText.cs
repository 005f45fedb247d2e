using System.Globalization;

namespace MlOps;

/// <summary>Values as invariant text and back; what is written reads back to the same bits (NaN to a NaN).</summary>
internal static class ValueText
{
    private const NumberStyles Real = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;

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
    public static bool TryAdd(ColumnBuilder builder, ReadOnlySpan<char> text, TimeZoneInfo? zone)
    {
        switch (builder)
        {
            case ColumnBuilder<long> numbers when TryInteger(text, out var number):
                numbers.Add(number);
                return true;
            case ColumnBuilder<double> numbers when TryNumber(text, out var number):
                numbers.Add(number);
                return true;
            case ColumnBuilder<string> texts:
                texts.Add(text.ToString());
                return true;
            case ColumnBuilder<bool> flags when TryFlag(text, out var flag):
                flags.Add(flag);
                return true;
            case ColumnBuilder<int> numbers when int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number):
                numbers.Add(number);
                return true;
            case ColumnBuilder<float> numbers when float.TryParse(text, Real, CultureInfo.InvariantCulture, out var number):
                numbers.Add(number);
                return true;
            case ColumnBuilder<Timestamp> moments when TryMoment(text, zone, out var moment) == MomentText.Moment:
                moments.Add(moment);
                return true;
            default:
                return false;
        }
    }

    public static bool TryFlag(ReadOnlySpan<char> text, out bool flag)
    {
        flag = text is "true" or "True" or "TRUE";
        return flag || text is "false" or "False" or "FALSE";
    }

    // Codes such as 007 are text: as a number they would lose their zeros.
    public static bool LooksLikeCode(ReadOnlySpan<char> text)
    {
        var digits = text.TrimStart('-');
        return digits.Length > 1 && digits[0] == '0' && char.IsAsciiDigit(digits[1]);
    }

    public static bool TryInteger(ReadOnlySpan<char> text, out long number) => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);

    public static bool TryNumber(ReadOnlySpan<char> text, out double number) => double.TryParse(text, Real, CultureInfo.InvariantCulture, out number);

    /// <summary>ISO 8601: a date, or a date and a time to minutes, seconds or parts of them, with Z or an offset; parts of a microsecond are cut off.</summary>
    public static MomentText TryMoment(ReadOnlySpan<char> text, TimeZoneInfo? zone, out Timestamp moment)
    {
        moment = default;
        if (text.Length < 10 || text[4] != '-' || text[7] != '-' || !Digits(text[..4], out var year) || !Digits(text.Slice(5, 2), out var month) || !Digits(text.Slice(8, 2), out var day)
            || year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month))
            return MomentText.None;
        var local = (new DateTime(year, month, day, 0, 0, 0, DateTimeKind.Unspecified).Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;
        var rest = text[10..];
        if (!rest.IsEmpty)
        {
            if (rest[0] is not ('T' or 't' or ' ') || !TryTime(ref rest, out var time))
                return MomentText.None;
            local += time;
        }

        if (rest.IsEmpty)
            return Assumed(local, zone, out moment);
        if (!TryOffset(rest, out var offset))
            return MomentText.None;
        moment = new Timestamp(local - offset);
        return moment >= Timestamp.MinValue && moment <= Timestamp.MaxValue ? MomentText.Moment : MomentText.None;
    }

    private static MomentText Assumed(long local, TimeZoneInfo? zone, out Timestamp moment)
    {
        moment = new Timestamp(local);
        if (zone is null)
            return MomentText.Zoneless;
        if (ReferenceEquals(zone, TimeZoneInfo.Utc))
            return MomentText.Moment;
        var date = DateTime.UnixEpoch.AddTicks(local * TimeSpan.TicksPerMicrosecond);
        date = DateTime.SpecifyKind(date, DateTimeKind.Unspecified);
        if (zone.IsInvalidTime(date) || zone.IsAmbiguousTime(date))
            return MomentText.Unclear;
        moment = new Timestamp(local - (zone.GetUtcOffset(date).Ticks / TimeSpan.TicksPerMicrosecond));
        return moment >= Timestamp.MinValue && moment <= Timestamp.MaxValue ? MomentText.Moment : MomentText.None;
    }

    private static bool TryTime(ref ReadOnlySpan<char> rest, out long microseconds)
    {
        microseconds = 0;
        if (rest.Length < 6 || rest[3] != ':' || !Digits(rest.Slice(1, 2), out var hour) || !Digits(rest.Slice(4, 2), out var minute) || hour > 23 || minute > 59)
            return false;
        microseconds = ((hour * 60L) + minute) * 60_000_000;
        rest = rest[6..];
        if (rest.IsEmpty || rest[0] != ':')
            return true;
        if (rest.Length < 3 || !Digits(rest.Slice(1, 2), out var second) || second > 59)
            return false;
        microseconds += second * 1_000_000L;
        rest = rest[3..];
        if (rest.IsEmpty || rest[0] != '.')
            return true;
        var digits = rest[1..].IndexOfAnyExceptInRange('0', '9');
        digits = digits < 0 ? rest.Length - 1 : digits;
        if (digits is 0 or > 9)
            return false;
        var unit = 100_000L;
        foreach (var digit in rest.Slice(1, digits))
        {
            microseconds += (digit - '0') * unit;
            unit /= 10;
        }

        rest = rest[(1 + digits)..];
        return true;
    }

    private static bool TryOffset(ReadOnlySpan<char> text, out long microseconds)
    {
        microseconds = 0;
        if (text is "Z" or "z")
            return true;
        if (text.Length is not (3 or 5 or 6) || text[0] is not ('+' or '-') || !Digits(text.Slice(1, 2), out var hours) || (text.Length == 6 && text[3] != ':'))
            return false;
        var minutes = 0;
        if ((text.Length > 3 && !Digits(text[^2..], out minutes)) || hours > 14 || minutes > 59)
            return false;
        microseconds = ((hours * 60L) + minutes) * 60_000_000 * (text[0] == '-' ? -1 : 1);
        return true;
    }

    private static bool Digits(ReadOnlySpan<char> text, out int number)
    {
        number = 0;
        foreach (var c in text)
        {
            if (!char.IsAsciiDigit(c))
                return false;
            number = (number * 10) + (c - '0');
        }

        return true;
    }
}
