namespace MlOps.Learning;

/// <summary>Checked labels and scores, sorted by falling score.</summary>
internal sealed class ScoredLabels
{
    private ScoredLabels(float[] scores, float[] labels, long positives)
    {
        Scores = scores;
        Labels = labels;
        Positives = positives;
    }

    public float[] Scores { get; }

    public float[] Labels { get; }

    public long Positives { get; }

    public long Negatives => Scores.Length - Positives;

    public static ScoredLabels Sort(ReadOnlySpan<float> labels, ReadOnlySpan<float> scores)
    {
        Check(labels, scores, probabilities: false);
        float[] keys = scores.ToArray();
        float[] values = labels.ToArray();
        Array.Sort(keys, values);
        Array.Reverse(keys);
        Array.Reverse(values);
        long positives = 0;
        foreach (float label in values)
            positives += label > 0 ? 1 : 0;
        if (positives == 0 || positives == values.Length)
        {
            throw new InvalidInputException(
                $"Every one of the {values.Length} labels is {values[0]}: ranking metrics need rows of both classes. Evaluate on a longer period.");
        }

        return new ScoredLabels(keys, values, positives);
    }

    public static void Check(ReadOnlySpan<float> labels, ReadOnlySpan<float> scores, bool probabilities)
    {
        if (labels.Length != scores.Length)
            throw new InvalidInputException($"There are {labels.Length} labels, but {scores.Length} scores: give one score per label.");
        if (labels.IsEmpty)
            throw new InvalidInputException("There are no rows to evaluate.");
        TrainingData.RequireBinary(labels, "evaluation");
        for (int row = 0; row < scores.Length; row++)
        {
            if (float.IsNaN(scores[row]))
                throw new InvalidInputException($"The score of row {row} is NaN.");
            if (probabilities && scores[row] is (< 0 or > 1))
                throw new InvalidInputException(FormattableString.Invariant($"The score of row {row} is {scores[row]}: it must be a probability, 0 to 1."));
        }
    }

    /// <summary>The number of rows, from the top, up to and with those that tie with row <paramref name="from"/>.</summary>
    public int EndOfTies(int from)
    {
        int end = from + 1;
        while (end < Scores.Length && Scores[end] == Scores[from])
            end++;
        return end;
    }
}
