using System.Text.Json.Serialization;

namespace MlOps.Reporting;

/// <summary>How an axis lays out and writes its values.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<AxisScale>))]
public enum AxisScale
{
    /// <summary>Plain numbers.</summary>
    Linear,

    /// <summary>Powers of ten; values of zero and below are left out.</summary>
    Log,

    /// <summary>Fractions, written as per cent.</summary>
    Percent,

    /// <summary>Moments, given in seconds since 1970 (UTC), written as dates and times.</summary>
    Time,

    /// <summary>Durations, given in seconds, written as ms, s, min or h.</summary>
    Duration,
}
