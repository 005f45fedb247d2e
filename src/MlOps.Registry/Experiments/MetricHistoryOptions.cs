namespace MlOps.Registry;

/// <summary>Which points of a metric's history are read.</summary>
public sealed record MetricHistoryOptions
{
    /// <summary>The first step.</summary>
    /// <value>Default: 0.</value>
    public long FromStep { get; init; }

    /// <summary>The last step.</summary>
    /// <value>Default: the largest.</value>
    public long ToStep { get; init; } = long.MaxValue;

    /// <summary>At most so many points, at least 4: the first, the last, and the lowest and highest value of equal stretches between them. Null for all.</summary>
    public int? MaxPoints { get; init; }

    /// <summary>Every point of every attempt of a resumed run, those that a later attempt logged anew, too.</summary>
    /// <value>Default: false.</value>
    public bool AllAttempts { get; init; }
}
