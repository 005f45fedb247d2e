namespace MlOps.Features;

/// <summary>Which standard deviation divides.</summary>
public enum Deviation
{
    /// <summary>Of the rows themselves: the squares are divided by n.</summary>
    Population = 0,

    /// <summary>Estimated for what the rows are a sample of: the squares are divided by n - 1.</summary>
    Sample = 1,
}
