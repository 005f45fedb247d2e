namespace MlOps;

/// <summary>How far from its reference a distribution may be. A limit that is null is not judged.</summary>
public sealed record DistributionLimits
{
    /// <summary>The greatest population stability index of numbers over ten bins of equal weight in the reference, counts smoothed by 0.5. Usage: 0.1 small, 0.2 large.</summary>
    /// <value>Default: 0.2.</value>
    public double? PopulationStability { get; init; } = 0.2;

    /// <summary>The greatest Kolmogorov-Smirnov distance of numbers, 0 to 1, taken at the edges of the reference's bins (at most 1/bins below the true one).</summary>
    /// <value>Default: 0.1.</value>
    public double? KolmogorovSmirnov { get; init; } = 0.1;

    /// <summary>The greatest total variation distance of texts and flags, 0 to 1: half the sum of the differences of shares; values that the reference lacks count together.</summary>
    /// <value>Default: 0.1.</value>
    public double? TotalVariation { get; init; } = 0.1;

    /// <summary>The least p-value of the chi-square test of texts and flags. With many rows it finds differences too small to matter.</summary>
    /// <value>Default: null.</value>
    public double? ChiSquare { get; init; }

    /// <summary>By how much the share of missing values may differ from the reference's.</summary>
    /// <value>Default: 0.05.</value>
    public double? MissingShare { get; init; } = 0.05;

    /// <summary>A batch of fewer values is not judged, and passes: its distances are noise.</summary>
    /// <value>Default: 500.</value>
    public int MinRows { get; init; } = 500;
}
