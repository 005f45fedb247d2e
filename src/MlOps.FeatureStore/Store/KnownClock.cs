namespace MlOps.Features;

/// <summary>Which rows a training frame may see.</summary>
public enum KnownClock
{
    /// <summary>Only what was known at the spine row's moment: what a model will see in service.</summary>
    AtSpineTime = 0,

    /// <summary>Everything that had happened by then, as known now. For analysis: in training it lets the future leak in.</summary>
    Corrected = 1,
}
