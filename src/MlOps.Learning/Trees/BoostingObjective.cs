using System.Numerics.Tensors;

namespace MlOps.Learning;

/// <summary>The loss that trees descend: log loss over scores in log-odds, or half the squared error.</summary>
internal sealed class BoostingObjective(LearningTask task, FeatureMatrix data)
{
    private const int Block = 4096;

    private readonly float _maxWeight = data.HasWeights ? TensorPrimitives.Max(data.Weights) : 1;

    public double BaseScore()
    {
        double sum = 0;
        double weights = 0;
        ReadOnlySpan<float> labels = data.Labels;
        for (int row = 0; row < labels.Length; row++)
        {
            double weight = data.HasWeights ? data.Weights[row] : 1;
            sum += weight * labels[row];
            weights += weight;
        }

        double mean = sum / weights;
        if (task == LearningTask.Regression)
            return mean;

        // Weights may leave one class with no weight at all.
        mean = Math.Clamp(mean, 1e-12, 1 - 1e-12);
        return Math.Log(mean / (1 - mean));
    }

    public void Gradients(double[] scores, FixedPointGradients gradients, int threads)
    {
        double maxGradient = _maxWeight;
        double maxHessian = task == LearningTask.Regression ? _maxWeight : 0.25 * _maxWeight;
        if (task == LearningTask.Regression)
        {
            double largest = 0;
            ReadOnlySpan<float> labels = data.Labels;
            for (int row = 0; row < scores.Length; row++)
                largest = Math.Max(largest, Math.Abs(scores[row] - labels[row]));
            maxGradient *= largest;
        }

        gradients.SetRange(maxGradient, maxHessian);
        Workers.Run(threads, (scores.Length + Block - 1) / Block, block => FillBlock(scores, gradients, block * Block));
    }

    /// <summary>The weighted mean loss; log loss, or the mean squared error.</summary>
    public static double Loss(LearningTask task, FeatureMatrix data, ReadOnlySpan<double> scores)
    {
        double sum = 0;
        double weights = 0;
        ReadOnlySpan<float> labels = data.Labels;
        for (int row = 0; row < scores.Length; row++)
        {
            double weight = data.HasWeights ? data.Weights[row] : 1;
            double error = scores[row] - labels[row];
            sum += weight * (task == LearningTask.Regression ? error * error : Logistic.Loss(scores[row], labels[row]));
            weights += weight;
        }

        return sum / weights;
    }

    private void FillBlock(double[] scores, FixedPointGradients gradients, int start)
    {
        int count = Math.Min(Block, scores.Length - start);
        ReadOnlySpan<float> labels = data.Labels.Slice(start, count);
        ReadOnlySpan<float> weights = data.HasWeights ? data.Weights.Slice(start, count) : default;
        if (task == LearningTask.Regression)
        {
            for (int i = 0; i < count; i++)
            {
                double weight = weights.IsEmpty ? 1 : weights[i];
                gradients.Set(start + i, weight * (scores[start + i] - labels[i]), weight);
            }

            return;
        }

        // Always a full block, so that a row's probability does not depend on where the vector loop ends.
        Span<double> probabilities = stackalloc double[Block];
        probabilities.Clear();
        scores.AsSpan(start, count).CopyTo(probabilities);
        TensorPrimitives.Sigmoid(probabilities, probabilities);
        for (int i = 0; i < count; i++)
        {
            double weight = weights.IsEmpty ? 1 : weights[i];
            double p = probabilities[i];
            gradients.Set(start + i, weight * (p - labels[i]), weight * p * (1 - p));
        }
    }
}
