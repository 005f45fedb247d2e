namespace MlOps.Serving;

/// <summary>What happens when a ramp's guard stops it.</summary>
public enum RampStop
{
    /// <summary>The stable version serves all traffic again.</summary>
    RollBack = 0,

    /// <summary>The canary keeps the share that it has; the ramp is over.</summary>
    Hold = 1,
}
