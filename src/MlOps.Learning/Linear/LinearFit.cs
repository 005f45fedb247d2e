namespace MlOps.Learning;

/// <summary>What the linear trainers share.</summary>
internal static class LinearFit
{
    public static LinearModel Train(
        LearningTask task, string trainer, LinearTrainerOptions options, FeatureMatrix data, FeatureMatrix? validation,
        IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
    {
        TrainingData.Require(data, task, validation);
        _ = data.Labels;
        int threads = Workers.Count(options.Threads);
        Standardizer standardizer = Standardizer.Fit(data, threads, cancellationToken);
        LinearObjective objective = new(task, data, standardizer, options.L2, threads, cancellationToken);
        LinearOptimizer optimizer = new(objective, options, (iteration, loss) =>
            progress?.Report(new TrainingProgress(iteration, options.MaxIterations, task == LearningTask.Regression ? 2 * loss : loss, null)));
        double[] parameters = optimizer.Minimize(cancellationToken);
        return new LinearModel(task, trainer, data.FeatureNames, standardizer, parameters[..^1], parameters[^1]);
    }
}
