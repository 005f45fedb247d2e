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
    public double Loss(double[] scores, int threads)
    {
        int blocks = (scores.Length + Block - 1) / Block;
        (double Loss, double Weight)[] sums = new (double, double)[blocks];
        Workers.Run(threads, blocks, block => sums[block] = BlockLoss(scores, block * Block));
        double loss = 0;
        double weight = 0;
        foreach ((double blockLoss, double blockWeight) in sums)
        {
            loss += blockLoss;
            weight += blockWeight;
        }

        return loss / weight;
    }

    private (double Loss, double Weight) BlockLoss(double[] allScores, int start)
    {
        int count = Math.Min(Block, allScores.Length - start);
        ReadOnlySpan<double> scores = allScores.AsSpan(start, count);
        ReadOnlySpan<float> labels = data.Labels.Slice(start, count);
        ReadOnlySpan<float> weights = data.HasWeights ? data.Weights.Slice(start, count) : default;
        Span<double> tails = stackalloc double[Block];
        tails = tails[..count];
        if (task == LearningTask.BinaryClassification)
        {
            // log(1 + e^-|s|), the part of the logistic loss that the sign of the score does not change
            TensorPrimitives.Abs(scores, tails);
            TensorPrimitives.Negate<double>(tails, tails);
            TensorPrimitives.Exp<double>(tails, tails);
            TensorPrimitives.LogP1<double>(tails, tails);
        }

        double loss = 0;
        double total = 0;
        for (int i = 0; i < count; i++)
        {
            double weight = weights.IsEmpty ? 1 : weights[i];
            double error = scores[i] - labels[i];
            loss += weight * (task == LearningTask.Regression ? error * error : Math.Max(scores[i], 0) - (scores[i] * labels[i]) + tails[i]);
            total += weight;
        }

        return (loss, total);
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
