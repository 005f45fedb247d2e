namespace MlOps.Features;

/// <summary>How far an erasure goes.</summary>
public sealed record EraseOptions
{
    /// <summary>Whether saved training frames that hold the entity are taken off the list; their bytes go with the next collection of artifacts.</summary>
    /// <value>False by default: they are reported and kept, since models refer to them.</value>
    public bool DeleteFrames { get; init; }
}
