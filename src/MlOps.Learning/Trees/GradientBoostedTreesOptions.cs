namespace MlOps.Learning;

/// <summary>Options of <see cref="GradientBoostedTreesTrainer"/>.</summary>
public sealed record GradientBoostedTreesOptions
{
    /// <summary>What to predict.</summary>
    /// <value>Default <see cref="LearningTask.BinaryClassification"/>.</value>
    public LearningTask Task { get; init; } = LearningTask.BinaryClassification;

    /// <summary>The number of trees at most; early stopping may keep fewer.</summary>
    /// <value>Default 100; 1 to 100,000.</value>
    public int Trees { get; init; } = 100;

    /// <summary>The leaves of one tree at most; the leaf with the largest gain is split next.</summary>
    /// <value>Default 31; 2 to 65,536.</value>
    public int MaxLeaves { get; init; } = 31;

    /// <summary>What each tree's leaf values are multiplied by.</summary>
    /// <value>Default 0.1; above 0, at most 1.</value>
    public double LearningRate { get; init; } = 0.1;

    /// <summary>The training rows that a leaf must hold.</summary>
    /// <value>Default 20; at least 1.</value>
    public int MinRowsInLeaf { get; init; } = 20;

    /// <summary>The summed second derivative of the loss that a leaf must hold.</summary>
    /// <value>Default 0.001; 0 or more.</value>
    public double MinHessianInLeaf { get; init; } = 1e-3;

    /// <summary>The reduction of the loss that a split must bring.</summary>
    /// <value>Default 0; 0 or more.</value>
    public double MinSplitGain { get; init; }

    /// <summary>The penalty on squared leaf values.</summary>
    /// <value>Default 1; 0 or more.</value>
    public double L2 { get; init; } = 1;

    /// <summary>The bins of one feature, that of missing values included.</summary>
    /// <value>Default 255; 3 to 255.</value>
    public int MaxBins { get; init; } = 255;

    /// <summary>The share of rows that each tree sees, drawn anew for each.</summary>
    /// <value>Default 1; above 0, at most 1.</value>
    public double RowFraction { get; init; } = 1;

    /// <summary>The share of features that each tree may use, drawn anew for each.</summary>
    /// <value>Default 1; above 0, at most 1.</value>
    public double FeatureFraction { get; init; } = 1;

    /// <summary>Stop when the validation loss has not improved for so many trees, and keep the trees up to the best; needs validation rows.</summary>
    /// <value>Default 0: never.</value>
    public int EarlyStoppingRounds { get; init; }

    /// <summary>The seed of row and feature draws.</summary>
    /// <value>Default 0.</value>
    public int Seed { get; init; }

    /// <summary>The threads to work on; the model is the same for any number.</summary>
    /// <value>Default 0: one per processor.</value>
    public int Threads { get; init; }

    internal void ThrowIfInvalid(string trainer) => new OptionChecks(trainer)
        .Defined(nameof(Task), Task)
        .Between(nameof(Trees), Trees, 1, 100_000)
        .Between(nameof(MaxLeaves), MaxLeaves, 2, 65_536)
        .Positive(nameof(LearningRate), LearningRate, 1)
        .Between(nameof(MinRowsInLeaf), MinRowsInLeaf, 1, int.MaxValue)
        .Between(nameof(MinHessianInLeaf), MinHessianInLeaf, 0, double.MaxValue)
        .Between(nameof(MinSplitGain), MinSplitGain, 0, double.MaxValue)
        .Between(nameof(L2), L2, 0, double.MaxValue)
        .Between(nameof(MaxBins), MaxBins, 3, 255)
        .Positive(nameof(RowFraction), RowFraction, 1)
        .Positive(nameof(FeatureFraction), FeatureFraction, 1)
        .Between(nameof(EarlyStoppingRounds), EarlyStoppingRounds, 0, int.MaxValue)
        .Between(nameof(Threads), Threads, 0, 1024)
        .ThrowIfAny();
}
