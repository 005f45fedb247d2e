namespace MlOps.Learning;

/// <summary>
/// Metrics of binary classifiers. Labels are 0 or 1; a higher score means more likely 1. Rows weigh the same.
/// Each throws <see cref="InvalidInputException"/> for labels that are not 0 or 1, NaN scores and different lengths, and ranking metrics for
/// rows of one class only. Thread-safe.
/// </summary>
public static class BinaryMetrics
{
    // As scikit-learn: the distance from 1 to the next double.
    private const double Epsilon = 2.220446049250313e-16;

    /// <summary>Everything at once.</summary>
    /// <param name="labels">0 or 1.</param>
    /// <param name="probabilities">Probabilities of 1.</param>
    /// <param name="options">Threshold, bins and confidence; absent means defaults.</param>
    /// <returns>The evaluation.</returns>
    public static BinaryEvaluation Evaluate(
        ReadOnlySpan<float> labels, ReadOnlySpan<float> probabilities, BinaryEvaluationOptions? options = null)
    {
        options ??= new BinaryEvaluationOptions();
        new OptionChecks("evaluation")
            .Between(nameof(options.CalibrationBins), options.CalibrationBins, 1, 100_000)
            .Between(nameof(options.RocPoints), options.RocPoints, 2, int.MaxValue)
            .Between(nameof(options.Confidence), options.Confidence, 1e-6, 1 - 1e-6)
            .ThrowIfAny();
        ScoredLabels.Check(labels, probabilities, probabilities: true);
        IReadOnlyList<CalibrationBin> calibration = CalibrationCurve(labels, probabilities, options.CalibrationBins);
        ScoredLabels sorted = ScoredLabels.Sort(labels, probabilities);
        return new BinaryEvaluation(
            labels.Length,
            sorted.Positives,
            DeLong.Interval(labels, probabilities, options.Confidence),
            AveragePrecision(sorted),
            LogLoss(labels, probabilities),
            BrierScore(labels, probabilities),
            ExpectedCalibrationError(calibration),
            options.Threshold,
            ConfusionAt(labels, probabilities, options.Threshold),
            Thin(RocCurve(sorted), options.RocPoints),
            calibration);
    }

    /// <summary>The area under the ROC curve: the chance that a positive scores above a negative, ties counting half.</summary>
    /// <param name="labels">0 or 1.</param>
    /// <param name="scores">Any numbers; only their order matters.</param>
    /// <returns>0 to 1.</returns>
    public static double Auc(ReadOnlySpan<float> labels, ReadOnlySpan<float> scores)
    {
        ScoredLabels sorted = ScoredLabels.Sort(labels, scores);
        double won = 0;
        long positivesAbove = 0;
        for (int i = 0; i < sorted.Scores.Length;)
        {
            int end = sorted.EndOfTies(i);
            long positives = 0;
            for (int row = i; row < end; row++)
                positives += sorted.Labels[row] > 0 ? 1 : 0;
            long negatives = end - i - positives;
            won += (double)negatives * (positivesAbove + (positives / 2.0));
            positivesAbove += positives;
            i = end;
        }

        return won / ((double)sorted.Positives * sorted.Negatives);
    }

    /// <summary>The mean negative log-likelihood, in nats; probabilities are kept 2.2e-16 away from 0 and 1.</summary>
    /// <param name="labels">0 or 1.</param>
    /// <param name="probabilities">Probabilities of 1.</param>
    /// <returns>0 or more.</returns>
    public static double LogLoss(ReadOnlySpan<float> labels, ReadOnlySpan<float> probabilities)
    {
        ScoredLabels.Check(labels, probabilities, probabilities: true);
        double sum = 0;
        for (int row = 0; row < labels.Length; row++)
        {
            double p = Math.Clamp(probabilities[row], Epsilon, 1 - Epsilon);
            sum -= Math.Log(labels[row] > 0 ? p : 1 - p);
        }

        return sum / labels.Length;
    }

    /// <summary>The mean squared difference of probability and label.</summary>
    /// <param name="labels">0 or 1.</param>
    /// <param name="probabilities">Probabilities of 1.</param>
    /// <returns>0 to 1.</returns>
    public static double BrierScore(ReadOnlySpan<float> labels, ReadOnlySpan<float> probabilities)
    {
        ScoredLabels.Check(labels, probabilities, probabilities: true);
        double sum = 0;
        for (int row = 0; row < labels.Length; row++)
        {
            double error = (double)probabilities[row] - labels[row];
            sum += error * error;
        }

        return sum / labels.Length;
    }

    /// <summary>The area under the precision-recall curve as average precision: precision weighted by the growth of recall.</summary>
    /// <param name="labels">0 or 1.</param>
    /// <param name="scores">Any numbers; only their order matters.</param>
    /// <returns>0 to 1.</returns>
    public static double AveragePrecision(ReadOnlySpan<float> labels, ReadOnlySpan<float> scores) =>
        AveragePrecision(ScoredLabels.Sort(labels, scores));

    /// <summary>The ROC curve, one point per distinct score and the origin.</summary>
    /// <param name="labels">0 or 1.</param>
    /// <param name="scores">Any numbers.</param>
    /// <returns>Points with rising rates, from (0, 0) to (1, 1).</returns>
    public static IReadOnlyList<RocPoint> RocCurve(ReadOnlySpan<float> labels, ReadOnlySpan<float> scores) =>
        RocCurve(ScoredLabels.Sort(labels, scores));

    /// <summary>Decisions at a threshold; a score equal to it is called positive.</summary>
    /// <param name="labels">0 or 1.</param>
    /// <param name="scores">Any numbers.</param>
    /// <param name="threshold">The threshold.</param>
    /// <returns>The counts.</returns>
    public static ConfusionMatrix ConfusionAt(ReadOnlySpan<float> labels, ReadOnlySpan<float> scores, double threshold = 0.5)
    {
        ScoredLabels.Check(labels, scores, probabilities: false);
        Span<long> counts = stackalloc long[4];
        for (int row = 0; row < labels.Length; row++)
            counts[(labels[row] > 0 ? 2 : 0) + (scores[row] >= threshold ? 1 : 0)]++;
        return new ConfusionMatrix(TruePositives: counts[3], FalsePositives: counts[1], TrueNegatives: counts[0], FalseNegatives: counts[2]);
    }

    /// <summary>Predicted against observed rates in bins of equal width.</summary>
    /// <param name="labels">0 or 1.</param>
    /// <param name="probabilities">Probabilities of 1.</param>
    /// <param name="bins">The number of bins.</param>
    /// <returns>The bins that hold rows, from low to high.</returns>
    public static IReadOnlyList<CalibrationBin> CalibrationCurve(
        ReadOnlySpan<float> labels, ReadOnlySpan<float> probabilities, int bins = 10)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bins, 1);
        ScoredLabels.Check(labels, probabilities, probabilities: true);
        long[] rows = new long[bins];
        double[] predicted = new double[bins];
        double[] observed = new double[bins];
        for (int row = 0; row < labels.Length; row++)
        {
            double p = probabilities[row];
            int bin = Math.Clamp((int)Math.Ceiling(p * bins) - 1, 0, bins - 1);
            rows[bin]++;
            predicted[bin] += p;
            observed[bin] += labels[row];
        }

        List<CalibrationBin> curve = [];
        for (int bin = 0; bin < bins; bin++)
        {
            if (rows[bin] > 0)
                curve.Add(new CalibrationBin((double)bin / bins, (bin + 1.0) / bins, rows[bin], predicted[bin] / rows[bin], observed[bin] / rows[bin]));
        }

        return curve;
    }

    /// <summary>The mean distance of predicted and observed rate over the bins of a calibration curve, weighted by rows.</summary>
    /// <param name="labels">0 or 1.</param>
    /// <param name="probabilities">Probabilities of 1.</param>
    /// <param name="bins">The number of bins of equal width.</param>
    /// <returns>0 to 1.</returns>
    public static double ExpectedCalibrationError(ReadOnlySpan<float> labels, ReadOnlySpan<float> probabilities, int bins = 10) =>
        ExpectedCalibrationError(CalibrationCurve(labels, probabilities, bins));

    private static double ExpectedCalibrationError(IReadOnlyList<CalibrationBin> curve)
    {
        double sum = 0;
        long rows = 0;
        foreach (CalibrationBin bin in curve)
        {
            sum += bin.Rows * Math.Abs(bin.MeanProbability - bin.PositiveRate);
            rows += bin.Rows;
        }

        return sum / rows;
    }

    private static double AveragePrecision(ScoredLabels sorted)
    {
        double sum = 0;
        long found = 0;
        for (int i = 0; i < sorted.Scores.Length;)
        {
            int end = sorted.EndOfTies(i);
            long before = found;
            for (; i < end; i++)
                found += sorted.Labels[i] > 0 ? 1 : 0;
            sum += (found - before) * ((double)found / end);
        }

        return sum / sorted.Positives;
    }

    private static List<RocPoint> RocCurve(ScoredLabels sorted)
    {
        List<RocPoint> curve = [new RocPoint(double.PositiveInfinity, 0, 0)];
        long positives = 0;
        for (int i = 0; i < sorted.Scores.Length;)
        {
            double threshold = sorted.Scores[i];
            int end = sorted.EndOfTies(i);
            for (; i < end; i++)
                positives += sorted.Labels[i] > 0 ? 1 : 0;
            curve.Add(new RocPoint(threshold, (double)(i - positives) / sorted.Negatives, (double)positives / sorted.Positives));
        }

        return curve;
    }

    /// <summary>Keeps both ends and points evenly spread along the curve's length, so that steep parts are not lost.</summary>
    private static List<RocPoint> Thin(List<RocPoint> curve, int most)
    {
        if (curve.Count <= most)
            return curve;
        List<RocPoint> thinned = [];
        double step = 2.0 / (most - 1);
        double next = 0;
        foreach (RocPoint point in curve)
        {
            if (point.FalsePositiveRate + point.TruePositiveRate < next || thinned.Count == most - 1)
                continue;
            thinned.Add(point);
            next = point.FalsePositiveRate + point.TruePositiveRate + step;
        }

        if (thinned[^1] != curve[^1])
            thinned.Add(curve[^1]);
        return thinned;
    }
}
