namespace MlOps.Learning;

/// <summary>Where a training stands after one iteration (one tree, or one optimiser step).</summary>
/// <param name="Iteration">Iterations done, from 1.</param>
/// <param name="MaxIterations">Iterations at most.</param>
/// <param name="TrainingLoss">Mean loss on the training rows: log loss, or mean squared error for regression.</param>
/// <param name="ValidationLoss">The same on the validation rows, where there are some.</param>
public readonly record struct TrainingProgress(int Iteration, int MaxIterations, double TrainingLoss, double? ValidationLoss);
