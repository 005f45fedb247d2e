using System.Globalization;

namespace MlOps.Reporting.Rendering;

/// <summary>Numbers as short texts, and texts cut to a width.</summary>
internal static class Labels
{
    public const double FontSize = 12;

    // Mean advance of common sans-serif faces at this size; good enough to reserve room.
    private const double CharacterWidth = FontSize * 0.57;

    public static double Width(string text) => text.Length * CharacterWidth;

    public static string Fit(string text, double width)
    {
        var room = (int)((width / CharacterWidth) + 0.01);
        return text.Length <= room ? text : room < 2 ? "…" : text[..(room - 1)].TrimEnd() + "…";
    }

    public static string Value(double value, AxisScale scale) => scale switch
    {
        _ when !double.IsFinite(value) => "–",
        AxisScale.Percent => Number(value * 100) + " %",
        AxisScale.Duration => Duration(value),
        AxisScale.Time => Moment(value, 60),
        _ => Number(value),
    };

    /// <summary>A tick, with as many digits as the step between ticks needs.</summary>
    public static string Tick(double value, double step, AxisScale scale) => scale switch
    {
        AxisScale.Percent => Fixed(value * 100, step * 100) + " %",
        AxisScale.Duration => Duration(value),
        AxisScale.Time => Moment(value, step),
        AxisScale.Log => Number(value),
        _ => Fixed(value, step),
    };

    public static string Number(double value)
    {
        var size = Math.Abs(value);
        return size switch
        {
            _ when !double.IsFinite(size) => "–",
            0 => "0",
            >= 1e15 or < 1e-4 => value.ToString("0.##e0", CultureInfo.InvariantCulture),
            >= 1e9 => (value / 1e9).ToString("0.##", CultureInfo.InvariantCulture) + "G",
            >= 1e6 => (value / 1e6).ToString("0.##", CultureInfo.InvariantCulture) + "M",
            >= 1e4 => (value / 1e3).ToString("0.#", CultureInfo.InvariantCulture) + "k",
            >= 100 => value.ToString("0", CultureInfo.InvariantCulture),
            >= 10 => value.ToString("0.#", CultureInfo.InvariantCulture),
            >= 1 => value.ToString("0.##", CultureInfo.InvariantCulture),
            _ => value.ToString("0.####", CultureInfo.InvariantCulture),
        };
    }

    public static string Duration(double seconds)
    {
        var size = Math.Abs(seconds);
        return size switch
        {
            0 => "0 s",
            < 1e-3 => Number(seconds * 1e6) + " µs",
            < 1 => Number(seconds * 1e3) + " ms",
            < 120 => Number(seconds) + " s",
            < 7200 => Number(seconds / 60) + " min",
            _ => Number(seconds / 3600) + " h",
        };
    }

    private static string Fixed(double value, double step)
    {
        var size = Math.Max(Math.Abs(value), Math.Abs(step));
        if (size >= 1e4 || (size < 1e-4 && size > 0))
            return Number(value);
        var digits = step <= 0 ? 0 : Math.Clamp((int)Math.Ceiling(-Math.Log10(step) - 1e-9), 0, 6);
        var text = value.ToString("F" + digits.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        return text.TrimStart('-').All(c => c is '0' or '.') ? text.TrimStart('-') : text;
    }

    private static string Moment(double seconds, double step)
    {
        if (Math.Abs(seconds) > 60_000_000_000)
            return Number(seconds);
        var date = DateTimeOffset.UnixEpoch.AddSeconds(seconds);
        var format = step switch
        {
            >= 300 * 86_400 => "yyyy",
            >= 27 * 86_400 => "MMM yyyy",
            >= 86_400 => "d MMM",
            >= 3_600 => "d MMM HH:mm",
            >= 60 => "HH:mm",
            _ => "HH:mm:ss",
        };
        return date.ToString(format, CultureInfo.InvariantCulture);
    }
}
