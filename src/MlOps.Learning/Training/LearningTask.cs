namespace MlOps.Learning;

/// <summary>What a model predicts.</summary>
public enum LearningTask
{
    /// <summary>The probability that the label is 1.</summary>
    BinaryClassification,

    /// <summary>A number.</summary>
    Regression,
}
