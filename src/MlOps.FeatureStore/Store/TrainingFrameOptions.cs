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

    /// <summary>How much later than its availability a row reaches the online store in service, for every view.</summary>
    /// <value>Null by default: each view's own <see cref="FeatureView.Lag"/>.</value>
    public TimeSpan? ServingLag { get; init; }

    /// <summary>The moment whose state of the offline store is joined: batches that were committed later are not there.</summary>
    /// <value>Null by default: the store as it is.</value>
    public Timestamp? StoreAsOf { get; init; }
}
