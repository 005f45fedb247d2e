namespace MlOps;

/// <summary>Which way lineage is followed.</summary>
public enum LineageDirection
{
    /// <summary>Towards what something was made from.</summary>
    Upstream = 0,

    /// <summary>Towards what was made from something.</summary>
    Downstream = 1,
}
