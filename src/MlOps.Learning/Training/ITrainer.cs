namespace MlOps.Learning;

/// <summary>Fits a model to labelled rows.</summary>
/// <remarks>A trainer is immutable and thread-safe. The same data, options and seed give the same model, whatever the number of threads.</remarks>
public interface ITrainer
{
    /// <summary>The trainer's stable name, as models and their metadata carry it.</summary>
    string Name { get; }

    /// <summary>Fits a model. Works on the calling thread and, as the options say, on others; returns when done.</summary>
    /// <param name="data">Labelled rows.</param>
    /// <param name="validation">Labelled rows with the same features, for the reported validation loss and for early stopping.</param>
    /// <param name="progress">Told after each iteration.</param>
    /// <param name="cancellationToken">Looked at between iterations at least.</param>
    /// <returns>The trained, immutable model.</returns>
    /// <exception cref="InvalidInputException">The rows cannot be trained on; the message names why.</exception>
    TrainedModel Train(
        FeatureMatrix data, FeatureMatrix? validation = null, IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default);
}
