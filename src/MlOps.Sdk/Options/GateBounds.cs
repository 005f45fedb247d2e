namespace MlOps;

/// <summary>Bounds on one metric of a version; both ends included.</summary>
public sealed class GateBounds
{
    /// <summary>The least value accepted.</summary>
    /// <value>Default: null, no lower bound.</value>
    public double? Min { get; set; }

    /// <summary>The greatest value accepted.</summary>
    /// <value>Default: null, no upper bound.</value>
    public double? Max { get; set; }

    /// <summary>By how much the version must be better than the champion; may be negative to allow a small loss.</summary>
    /// <value>Default: null, not compared.</value>
    public double? BetterThanChampionBy { get; set; }
}
