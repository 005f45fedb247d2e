namespace MlOps.Learning;

/// <summary>Metrics of predicted numbers. Rows weigh the same. Thread-safe.</summary>
public static class RegressionMetrics
{
    /// <summary>Everything at once.</summary>
    /// <param name="labels">What happened; finite.</param>
    /// <param name="predictions">What was predicted; finite.</param>
    /// <returns>The evaluation.</returns>
    /// <exception cref="InvalidInputException">There are no rows, lengths differ, or a value is not finite; the row is named.</exception>
    public static RegressionEvaluation Evaluate(ReadOnlySpan<float> labels, ReadOnlySpan<float> predictions)
    {
        if (labels.Length != predictions.Length)
            throw new InvalidInputException($"There are {labels.Length} labels, but {predictions.Length} predictions: give one prediction per label.");
        if (labels.IsEmpty)
            throw new InvalidInputException("There are no rows to evaluate.");

        double mean = 0;
        double squared = 0;
        double absolute = 0;
        for (int row = 0; row < labels.Length; row++)
        {
            if (!float.IsFinite(labels[row]) || !float.IsFinite(predictions[row]))
                throw new InvalidInputException(FormattableString.Invariant($"Row {row} has the label {labels[row]} and the prediction {predictions[row]}: both must be finite."));
            double error = (double)predictions[row] - labels[row];
            mean += labels[row];
            squared += error * error;
            absolute += Math.Abs(error);
        }

        mean /= labels.Length;
        double spread = 0;
        foreach (float label in labels)
            spread += (label - mean) * (label - mean);
        double r2 = spread > 0 ? 1 - (squared / spread) : squared == 0 ? 1 : 0;
        return new RegressionEvaluation(labels.Length, Math.Sqrt(squared / labels.Length), absolute / labels.Length, r2);
    }
}
