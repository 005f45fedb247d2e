using System.Globalization;

namespace MlOps.Features;

/// <summary>
/// A stretch of event time that belongs to a moment. A sliding window ends at the moment asked about; its head is exact and its tail is rounded
/// down to a multiple of the hop (a sawtooth window): it holds the events with <c>floor(t - Length, Hop) &lt;= event time &lt;= t</c>.
/// A tumbling window holds those of the last whole stretch, <c>floor(t, Length) - Length &lt;= event time &lt; floor(t, Length)</c>; a lifetime window all up to t.
/// </summary>
public sealed record FeatureWindow
{
    /// <summary>A sliding window.</summary>
    /// <param name="length">How far back it reaches; at least one second.</param>
    /// <param name="hop">What the tail is rounded to; by default 5 minutes up to 12 hours and 1 hour above, at most the length.</param>
    /// <exception cref="InvalidDefinitionException">The length or the hop is out of range.</exception>
    public FeatureWindow(TimeSpan length, TimeSpan? hop = null)
    {
        CheckLength(length);
        var chosen = hop ?? (length <= TimeSpan.FromHours(12) ? TimeSpan.FromMinutes(5) : TimeSpan.FromHours(1));
        if (hop is null && chosen > length)
            chosen = length;
        if (chosen <= TimeSpan.Zero || chosen > length || chosen.Ticks % 10 != 0 || length.Ticks % 10 != 0)
            throw new InvalidDefinitionException($"A hop of {chosen} does not suit a window of {length}: choose whole microseconds between 1 and the window's length.");
        Length = length;
        Hop = chosen;
    }

    private FeatureWindow(FeatureWindowKind kind, TimeSpan length)
    {
        Kind = kind;
        Length = Hop = length;
    }

    /// <summary>Everything up to the moment asked about.</summary>
    public static FeatureWindow Lifetime { get; } = new(FeatureWindowKind.Lifetime, TimeSpan.MaxValue);

    /// <summary>How it lies in time.</summary>
    public FeatureWindowKind Kind { get; }

    /// <summary>How far back the window reaches, or how long a tumbling one is; <see cref="TimeSpan.MaxValue"/> for <see cref="Lifetime"/>.</summary>
    public TimeSpan Length { get; }

    /// <summary>What the tail is rounded down to; the length of a tumbling window.</summary>
    public TimeSpan Hop { get; }

    /// <summary>How the window is written in feature names, for instance <c>1h</c>, <c>24h</c>, <c>7d</c>, <c>tumbling1d</c>, <c>lifetime</c>.</summary>
    public string Label => Kind switch
    {
        FeatureWindowKind.Lifetime => "lifetime",
        FeatureWindowKind.Tumbling => "tumbling" + LengthLabel,
        _ => LengthLabel,
    };

    private string LengthLabel
    {
        get
        {
            var seconds = Length.Ticks / TimeSpan.TicksPerSecond;
            if (Length.Ticks % TimeSpan.TicksPerSecond != 0)
                return string.Create(CultureInfo.InvariantCulture, $"{Length.Ticks / 10}us");
            return seconds % 86_400 == 0 && seconds >= 2 * 86_400 ? string.Create(CultureInfo.InvariantCulture, $"{seconds / 86_400}d")
                : seconds % 3_600 == 0 ? string.Create(CultureInfo.InvariantCulture, $"{seconds / 3_600}h")
                : seconds % 60 == 0 ? string.Create(CultureInfo.InvariantCulture, $"{seconds / 60}m")
                : string.Create(CultureInfo.InvariantCulture, $"{seconds}s");
        }
    }

    /// <summary>A sliding window of hours with the default hop.</summary>
    /// <param name="hours">How many.</param>
    /// <returns>The window.</returns>
    public static FeatureWindow Hours(int hours) => new(TimeSpan.FromHours(hours));

    /// <summary>A sliding window of days with the default hop.</summary>
    /// <param name="days">How many.</param>
    /// <returns>The window.</returns>
    public static FeatureWindow Days(int days) => new(TimeSpan.FromDays(days));

    /// <summary>The last whole stretch of a length, aligned to the Unix epoch in UTC.</summary>
    /// <param name="length">The length, whole microseconds, at least one second.</param>
    /// <returns>The window.</returns>
    /// <exception cref="InvalidDefinitionException">The length is out of range.</exception>
    public static FeatureWindow Tumbling(TimeSpan length)
    {
        CheckLength(length);
        if (length.Ticks % 10 != 0)
            throw new InvalidDefinitionException($"A tumbling window of {length} is not allowed: choose whole microseconds.");
        return new FeatureWindow(FeatureWindowKind.Tumbling, length);
    }

    private static void CheckLength(TimeSpan length)
    {
        if (length < TimeSpan.FromSeconds(1) || length > TimeSpan.FromDays(3660))
            throw new InvalidDefinitionException($"A window of {length} is not allowed: choose between one second and ten years.");
    }
}
