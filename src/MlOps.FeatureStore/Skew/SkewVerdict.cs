namespace MlOps.Features;

/// <summary>What an audit found altogether.</summary>
public enum SkewVerdict
{
    /// <summary>Every value that could be compared agrees.</summary>
    Consistent = 0,

    /// <summary>Some value differs.</summary>
    Skewed = 1,

    /// <summary>There was nothing to compare: no vectors were logged, or all of them are pending or coarse.</summary>
    NothingCompared = 2,
}
