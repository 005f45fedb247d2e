namespace MlOps.Learning;

/// <summary>How good predicted numbers are on one set of rows.</summary>
/// <param name="Rows">The number of rows.</param>
/// <param name="RootMeanSquaredError">In the label's unit.</param>
/// <param name="MeanAbsoluteError">In the label's unit.</param>
/// <param name="R2">One minus the squared error over that of always predicting the mean; 0 where all labels are equal, unless every prediction is exact (1).</param>
public sealed record RegressionEvaluation(long Rows, double RootMeanSquaredError, double MeanAbsoluteError, double R2);
