namespace MlOps.Registry;

/// <summary>What logging a metric does when the buffer of a run is full because the store does not take what waits.</summary>
public enum FullBuffer
{
    /// <summary>Waits up to five seconds for the store, then throws <see cref="OverloadedException"/>: nothing is lost unnoticed.</summary>
    Refuse = 0,

    /// <summary>Drops the point at once and counts it in <see cref="IRun.DroppedPoints"/>: training never waits and never fails.</summary>
    Drop = 1,
}
