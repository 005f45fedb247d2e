namespace MlOps.Learning;

/// <summary>Logistic regression with an L2 penalty, over standardised features; the probability of label 1.</summary>
/// <remarks>
/// Each feature's mean and standard deviation are fitted on its finite values and kept in the model; a value that is not finite (NaN,
/// infinity) counts as missing and becomes the mean, in training and in prediction. The result does not depend on the number of threads.
/// The reported loss includes the penalty; validation rows are checked but not used.
/// </remarks>
public sealed class LogisticRegressionTrainer : ITrainer
{
    /// <summary>The trainer's name in models and metadata.</summary>
    public const string TrainerName = "logistic-regression";

    private readonly LinearTrainerOptions _options;

    /// <summary>Creates a trainer.</summary>
    /// <param name="options">The options; absent means defaults.</param>
    /// <exception cref="InvalidDefinitionException">Options are out of range; all are listed.</exception>
    public LogisticRegressionTrainer(LinearTrainerOptions? options = null)
    {
        _options = options ?? new LinearTrainerOptions();
        _options.ThrowIfInvalid(TrainerName);
    }

    /// <inheritdoc/>
    public string Name => TrainerName;

    /// <inheritdoc cref="ITrainer.Train"/>
    public LinearModel Train(
        FeatureMatrix data, FeatureMatrix? validation = null, IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default) =>
        LinearFit.Train(LearningTask.BinaryClassification, TrainerName, _options, data, validation, progress, cancellationToken);

    TrainedModel ITrainer.Train(
        FeatureMatrix data, FeatureMatrix? validation, IProgress<TrainingProgress>? progress, CancellationToken cancellationToken) =>
        Train(data, validation, progress, cancellationToken);
}
