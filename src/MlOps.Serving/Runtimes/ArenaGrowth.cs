namespace MlOps.Serving;

/// <summary>How a device's arena grows.</summary>
public enum ArenaGrowth
{
    /// <summary>By powers of two.</summary>
    NextPowerOfTwo,

    /// <summary>By what is asked for; wastes less, asks the driver more often.</summary>
    SameAsRequested,
}
