namespace MlOps.Learning;

/// <summary>
/// Intervals and paired tests of AUC without resampling (DeLong, DeLong and Clarke-Pearson 1988), in O(n log n) as Sun and Xu (2014) show.
/// </summary>
public static class DeLong
{
    /// <summary>The AUC with a normal interval, cut at 0 and 1.</summary>
    /// <param name="labels">0 or 1, at least two rows of each.</param>
    /// <param name="scores">Any numbers; only their order matters.</param>
    /// <param name="confidence">The confidence, such as 0.95.</param>
    /// <returns>The interval.</returns>
    /// <exception cref="InvalidInputException">Rows are not usable, or there are fewer than two of a class.</exception>
    public static ConfidenceInterval Interval(ReadOnlySpan<float> labels, ReadOnlySpan<float> scores, double confidence = 0.95)
    {
        Placements placements = new(labels, scores);
        double error = Math.Sqrt(Covariance(placements, placements));
        double reach = NormalDistribution.Quantile((1 + confidence) / 2) * error;
        return new ConfidenceInterval(
            placements.Auc, error, Math.Max(0, placements.Auc - reach), Math.Min(1, placements.Auc + reach), confidence);
    }

    /// <summary>Compares two models on the same rows; the correlation of their scores is taken into account.</summary>
    /// <param name="labels">0 or 1, at least two rows of each.</param>
    /// <param name="candidate">The candidate's scores.</param>
    /// <param name="champion">The champion's scores for the same rows.</param>
    /// <param name="confidence">The confidence of the difference's interval.</param>
    /// <returns>Both AUCs, their difference and the test.</returns>
    /// <exception cref="InvalidInputException">Rows are not usable, or there are fewer than two of a class.</exception>
    public static AucComparison Compare(
        ReadOnlySpan<float> labels, ReadOnlySpan<float> candidate, ReadOnlySpan<float> champion, double confidence = 0.95)
    {
        Placements a = new(labels, candidate);
        Placements b = new(labels, champion);
        double variance = Covariance(a, a) + Covariance(b, b) - (2 * Covariance(a, b));

        // Equal rankings leave only rounding.
        double error = variance > 1e-20 ? Math.Sqrt(variance) : 0;
        double difference = a.Auc - b.Auc;
        double z = error > 0 ? difference / error : 0;
        double reach = NormalDistribution.Quantile((1 + confidence) / 2) * error;
        return new AucComparison(
            a.Auc,
            b.Auc,
            new ConfidenceInterval(difference, error, difference - reach, difference + reach, confidence),
            z,
            Math.Min(1, 2 * NormalDistribution.UpperTail(Math.Abs(z))));
    }

    private static double Covariance(Placements a, Placements b) =>
        (Covariance(a.OfPositives, a.Auc, b.OfPositives, b.Auc) / a.OfPositives.Length)
        + (Covariance(a.OfNegatives, a.Auc, b.OfNegatives, b.Auc) / a.OfNegatives.Length);

    private static double Covariance(double[] a, double meanA, double[] b, double meanB)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++)
            sum += (a[i] - meanA) * (b[i] - meanB);
        return sum / (a.Length - 1);
    }

    /// <summary>For each positive the share of negatives below it, for each negative the share of positives above it; ties count half.</summary>
    private sealed class Placements
    {
        public Placements(ReadOnlySpan<float> labels, ReadOnlySpan<float> scores)
        {
            ScoredLabels.Check(labels, scores, probabilities: false);
            int positives = 0;
            foreach (float label in labels)
                positives += label > 0 ? 1 : 0;
            int negatives = labels.Length - positives;
            if (positives < 2 || negatives < 2)
            {
                throw new InvalidInputException(
                    $"There are {positives} rows of label 1 and {negatives} of label 0: an AUC's uncertainty needs at least two of each. Evaluate on more rows.");
            }

            float[] sorted = scores.ToArray();
            int[] order = new int[sorted.Length];
            int[] position = new int[sorted.Length];
            int seenPositives = 0;
            int seenNegatives = 0;
            for (int row = 0; row < order.Length; row++)
            {
                order[row] = row;
                position[row] = labels[row] > 0 ? seenPositives++ : seenNegatives++;
            }

            Array.Sort(sorted, order);
            OfPositives = new double[positives];
            OfNegatives = new double[negatives];
            int positivesBelow = 0;
            int negativesBelow = 0;
            double sum = 0;
            for (int i = 0; i < sorted.Length;)
            {
                int end = i;
                int tiedPositives = 0;
                for (; end < sorted.Length && sorted[end] == sorted[i]; end++)
                    tiedPositives += labels[order[end]] > 0 ? 1 : 0;
                int tiedNegatives = end - i - tiedPositives;
                double ofPositive = (negativesBelow + (tiedNegatives / 2.0)) / negatives;
                double ofNegative = (positives - positivesBelow - (tiedPositives / 2.0)) / positives;
                for (; i < end; i++)
                {
                    bool positive = labels[order[i]] > 0;
                    (positive ? OfPositives : OfNegatives)[position[order[i]]] = positive ? ofPositive : ofNegative;
                }

                sum += tiedPositives * ofPositive;
                positivesBelow += tiedPositives;
                negativesBelow += tiedNegatives;
            }

            Auc = sum / positives;
        }

        public double Auc { get; }

        public double[] OfPositives { get; }

        public double[] OfNegatives { get; }
    }
}
