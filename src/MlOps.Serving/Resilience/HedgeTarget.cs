namespace MlOps.Serving;

/// <summary>Where a hedged request goes.</summary>
public enum HedgeTarget
{
    /// <summary>The same version again, whose other instances may be free.</summary>
    SameVersion = 0,

    /// <summary>The first model of the fall-back chain; the same version where the chain has none.</summary>
    FirstFallback = 1,
}
