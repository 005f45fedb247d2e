namespace MlOps.Learning;

/// <summary>What every trainer requires of its rows before it starts.</summary>
internal static class TrainingData
{
    public static void Require(FeatureMatrix data, LearningTask task, FeatureMatrix? validation)
    {
        ArgumentNullException.ThrowIfNull(data);
        if (data.RowCount == 0)
            throw new InvalidInputException("The training data have no rows.");
        if (data.ColumnCount == 0)
            throw new InvalidInputException("The training data have no features.");
        if (task == LearningTask.BinaryClassification)
            RequireBothClasses(data);
        RequirePositiveWeight(data, "training");

        if (validation is null)
            return;
        if (!validation.FeatureNames.SequenceEqual(data.FeatureNames))
        {
            throw new InvalidInputException(
                $"The validation data have the features [{string.Join(", ", validation.FeatureNames)}] but the training data [{string.Join(", ", data.FeatureNames)}]: they must be the same, in the same order.");
        }

        if (validation.RowCount == 0)
            throw new InvalidInputException("The validation data have no rows: leave them out, or give some.");
        if (task == LearningTask.BinaryClassification)
            RequireBinary(validation.Labels, "validation");
        RequirePositiveWeight(validation, "validation");
    }

    public static void RequireBinary(ReadOnlySpan<float> labels, string which)
    {
        for (int row = 0; row < labels.Length; row++)
        {
            if (labels[row] is not (0f or 1f))
                throw new InvalidInputException(FormattableString.Invariant($"The {which} label of row {row} is {labels[row]}: binary labels must be 0 or 1."));
        }
    }

    private static void RequireBothClasses(FeatureMatrix data)
    {
        ReadOnlySpan<float> labels = data.Labels;
        RequireBinary(labels, "training");
        if (!labels.Contains(0f) || !labels.Contains(1f))
        {
            throw new InvalidInputException(FormattableString.Invariant(
                $"Every one of the {labels.Length} training labels is {labels[0]}: a binary classifier needs rows of both classes."));
        }
    }

    private static void RequirePositiveWeight(FeatureMatrix data, string which)
    {
        if (data.HasWeights && !data.Weights.ContainsAnyExcept(0f))
            throw new InvalidInputException($"Every weight of the {which} data is 0: give some rows a weight above 0.");
    }
}
