namespace MlOps.Features;

/// <summary>How a training frame is joined.</summary>
public sealed record TrainingFrameOptions
{
    /// <summary>Which rows may be seen.</summary>
    /// <value><see cref="KnownClock.AtSpineTime"/> by default.</value>
    public KnownClock Known { get; init; } = KnownClock.AtSpineTime;

    /// <summary>What the joined frame must hold; a frame that does not is refused with <see cref="DataCheckException"/>.</summary>
    /// <value>Null by default: anything goes.</value>
    public DataChecks? Checks { get; init; }

    /// <summary>How much later than its availability a row reaches the online store in service.</summary>
    /// <value>Zero by default.</value>
    public TimeSpan ServingLag { get; init; } = TimeSpan.Zero;
}
