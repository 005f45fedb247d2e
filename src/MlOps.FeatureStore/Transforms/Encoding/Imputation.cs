namespace MlOps.Features;

/// <summary>What stands for a missing number.</summary>
public enum Imputation
{
    /// <summary>The mean of the numbers that are there.</summary>
    Mean = 0,

    /// <summary>Their median; of an even count the mean of the middle two.</summary>
    Median = 1,
}
