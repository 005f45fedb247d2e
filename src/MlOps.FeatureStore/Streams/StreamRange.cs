namespace MlOps.Features;

/// <summary>Which records a partition can yield now.</summary>
/// <param name="First">The offset of the oldest one; one more than <paramref name="Last"/> when there is none.</param>
/// <param name="Last">The offset of the newest one; -1 when there never was one.</param>
public readonly record struct StreamRange(long First, long Last);
