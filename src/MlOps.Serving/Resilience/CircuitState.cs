namespace MlOps.Serving;

/// <summary>Whether a version is asked.</summary>
public enum CircuitState
{
    /// <summary>It is asked.</summary>
    Closed = 0,

    /// <summary>It failed too often and is not asked.</summary>
    Open = 1,

    /// <summary>One request is let through to see whether it has recovered.</summary>
    HalfOpen = 2,
}
