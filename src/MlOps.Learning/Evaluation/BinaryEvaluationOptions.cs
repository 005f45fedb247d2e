namespace MlOps.Learning;

/// <summary>Options of <see cref="BinaryMetrics.Evaluate"/>.</summary>
public sealed record BinaryEvaluationOptions
{
    /// <summary>Rows with at least this probability are called positive.</summary>
    /// <value>Default 0.5.</value>
    public double Threshold { get; init; } = 0.5;

    /// <summary>Calibration bins of equal width.</summary>
    /// <value>Default 10; at least 1.</value>
    public int CalibrationBins { get; init; } = 10;

    /// <summary>The points of the ROC curve at most.</summary>
    /// <value>Default 200; at least 2.</value>
    public int RocPoints { get; init; } = 200;

    /// <summary>The confidence of the AUC's interval.</summary>
    /// <value>Default 0.95; between 0 and 1.</value>
    public double Confidence { get; init; } = 0.95;
}
