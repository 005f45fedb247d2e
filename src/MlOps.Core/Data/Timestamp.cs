using System.Globalization;

namespace MlOps;

/// <summary>A moment as microseconds since 1970-01-01T00:00:00Z; the unit of every event time in MlOps.Sdk. Range: years 1 to 9999.</summary>
/// <param name="Microseconds">Microseconds since the Unix epoch; negative before it.</param>
public readonly record struct Timestamp(long Microseconds) : IComparable<Timestamp>
{
    /// <summary>The earliest moment.</summary>
    public static Timestamp MinValue { get; } = new(DateTimeOffset.MinValue.Subtract(DateTimeOffset.UnixEpoch).Ticks / 10);

    /// <summary>The latest moment.</summary>
    public static Timestamp MaxValue { get; } = new(DateTimeOffset.MaxValue.Subtract(DateTimeOffset.UnixEpoch).Ticks / 10);

    /// <summary>From a date with offset; parts of a microsecond are cut off.</summary>
    /// <param name="value">The date.</param>
    /// <returns>The moment.</returns>
    public static Timestamp From(DateTimeOffset value) => new(FloorDivide(value.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks, 10));

    /// <summary>From a date whose kind says its zone.</summary>
    /// <param name="value">The date; <see cref="DateTimeKind.Utc"/> or <see cref="DateTimeKind.Local"/>.</param>
    /// <returns>The moment.</returns>
    /// <exception cref="InvalidInputException">The date's kind is unspecified.</exception>
    public static Timestamp From(DateTime value) =>
        value.Kind == DateTimeKind.Unspecified
            ? throw new InvalidInputException(
                $"Timestamp {value.ToString("O", CultureInfo.InvariantCulture)} has no time zone. Pass a DateTimeOffset, or a DateTime of kind Utc or Local.")
            : From(new DateTimeOffset(value));

    /// <summary>A UTC date and time.</summary>
    /// <param name="year">The year.</param>
    /// <param name="month">The month, 1-12.</param>
    /// <param name="day">The day.</param>
    /// <param name="hour">The hour.</param>
    /// <param name="minute">The minute.</param>
    /// <returns>The moment.</returns>
    public static Timestamp Utc(int year, int month, int day, int hour = 0, int minute = 0) =>
        From(new DateTimeOffset(year, month, day, hour, minute, 0, TimeSpan.Zero));

    /// <summary>The moment as a date in UTC.</summary>
    /// <returns>The date.</returns>
    /// <exception cref="InvalidInputException">Outside the years 1 to 9999.</exception>
    public DateTimeOffset ToDateTimeOffset() =>
        this >= MinValue && this <= MaxValue
            ? DateTimeOffset.UnixEpoch.AddTicks(Microseconds * 10)
            : throw new InvalidInputException($"Timestamp {Microseconds} microseconds lies outside the years 1 to 9999. Are the units seconds or nanoseconds?");

    /// <inheritdoc />
    public int CompareTo(Timestamp other) => Microseconds.CompareTo(other.Microseconds);

    /// <summary>Moves by a duration.</summary>
    /// <param name="moment">The moment.</param>
    /// <param name="duration">The duration.</param>
    /// <returns>The later moment.</returns>
    public static Timestamp operator +(Timestamp moment, TimeSpan duration) => new(moment.Microseconds + FloorDivide(duration.Ticks, 10));

    /// <summary>Moves back by a duration.</summary>
    /// <param name="moment">The moment.</param>
    /// <param name="duration">The duration.</param>
    /// <returns>The earlier moment.</returns>
    public static Timestamp operator -(Timestamp moment, TimeSpan duration) => new(moment.Microseconds - FloorDivide(duration.Ticks, 10));

    /// <summary>The duration between two moments.</summary>
    /// <param name="left">The later one.</param>
    /// <param name="right">The earlier one.</param>
    /// <returns>The duration.</returns>
    public static TimeSpan operator -(Timestamp left, Timestamp right) => new((left.Microseconds - right.Microseconds) * 10);

    /// <summary>Earlier.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    /// <returns>Whether it is so.</returns>
    public static bool operator <(Timestamp left, Timestamp right) => left.Microseconds < right.Microseconds;

    /// <summary>Later.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    /// <returns>Whether it is so.</returns>
    public static bool operator >(Timestamp left, Timestamp right) => left.Microseconds > right.Microseconds;

    /// <summary>Earlier or the same.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    /// <returns>Whether it is so.</returns>
    public static bool operator <=(Timestamp left, Timestamp right) => left.Microseconds <= right.Microseconds;

    /// <summary>Later or the same.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    /// <returns>Whether it is so.</returns>
    public static bool operator >=(Timestamp left, Timestamp right) => left.Microseconds >= right.Microseconds;

    /// <summary>ISO 8601 in UTC with microseconds where there are any.</summary>
    /// <returns>The text.</returns>
    public override string ToString() =>
        this < MinValue || this > MaxValue
            ? Microseconds.ToString(CultureInfo.InvariantCulture) + "us"
            : ToDateTimeOffset().UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.FFFFFF", CultureInfo.InvariantCulture) + "Z";

    private static long FloorDivide(long value, long by) => value >= 0 ? value / by : -((-value + by - 1) / by);
}
