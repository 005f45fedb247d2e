using System.Globalization;

namespace MlOps.Features;

/// <summary>Durations in attributes: a whole number and a unit.</summary>
internal static class WindowTexts
{
    public static FeatureWindow[] Windows(string text) =>
        [.. text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(part => new FeatureWindow(Duration(part)))];

    public static TimeSpan Duration(string text)
    {
        var unit = text.Length < 2 ? default : text[^1] switch
        {
            's' => TimeSpan.FromSeconds(1),
            'm' => TimeSpan.FromMinutes(1),
            'h' => TimeSpan.FromHours(1),
            'd' => TimeSpan.FromDays(1),
            _ => default,
        };
        return unit != default && int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is > 0 and <= 1_000_000
            ? unit * count
            : throw new InvalidDefinitionException($"'{text}' is not a duration: write a whole number and s, m, h or d, for instance 12h.");
    }
}
