namespace MlOps;

/// <summary>How thoroughly a frame is looked through. Below the bounds everything is exact; above them memory stays bounded and the profile says what is estimated.</summary>
public sealed record DataProfileOptions
{
    /// <summary>Columns that should name a row: duplicates of their values are counted.</summary>
    /// <value>Default: none.</value>
    public IReadOnlyList<string> Keys { get; init; } = [];

    /// <summary>Distinct values of a column up to here are counted exactly; more are estimated (HyperLogLog, standard error 0.8 %).</summary>
    /// <value>Default: 100,000.</value>
    public int MaxDistinct { get; init; } = 100_000;

    /// <summary>Quantiles of columns with more values than this come from a sample of so many, evenly spaced in row order.</summary>
    /// <value>Default: 1,000,000.</value>
    public int MaxQuantileRows { get; init; } = 1_000_000;

    /// <summary>Rank correlations of frames with more rows than this come from so many rows, evenly spaced.</summary>
    /// <value>Default: 100,000.</value>
    public int MaxRankRows { get; init; } = 100_000;

    /// <summary>How many numeric columns take part in correlations; the first ones do.</summary>
    /// <value>Default: 64.</value>
    public int MaxCorrelated { get; init; } = 64;

    /// <summary>How many of the most frequent values a column lists.</summary>
    /// <value>Default: 10.</value>
    public int TopValues { get; init; } = 10;

    /// <summary>How many ranges of equal width a histogram has.</summary>
    /// <value>Default: 20.</value>
    public int HistogramRanges { get; init; } = 20;

    /// <summary>Whether whole rows that stand more than once are counted; it reads every value once more.</summary>
    /// <value>Default: true.</value>
    public bool DuplicateRows { get; init; } = true;

    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxDistinct, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxQuantileRows, 100);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxRankRows, 100);
        ArgumentOutOfRangeException.ThrowIfNegative(MaxCorrelated);
        ArgumentOutOfRangeException.ThrowIfNegative(TopValues);
        ArgumentOutOfRangeException.ThrowIfLessThan(HistogramRanges, 1);
    }
}
