namespace MlOps.Learning;

/// <summary>Options of <see cref="LogisticRegressionTrainer"/> and <see cref="LinearRegressionTrainer"/>.</summary>
public sealed record LinearTrainerOptions
{
    /// <summary>
    /// The penalty: half of it times the squared standardised coefficients is added to the summed loss. It is 1/C of scikit-learn's
    /// LogisticRegression and alpha of its Ridge. The intercept is not penalised.
    /// </summary>
    /// <value>Default 1; 0 or more.</value>
    public double L2 { get; init; } = 1;

    /// <summary>The optimiser.</summary>
    /// <value>Default <see cref="LinearSolver.Auto"/>.</value>
    public LinearSolver Solver { get; init; } = LinearSolver.Auto;

    /// <summary>Optimiser steps at most.</summary>
    /// <value>Default 300; 1 to 100,000.</value>
    public int MaxIterations { get; init; } = 300;

    /// <summary>Stop when the largest gradient component has shrunk to this share of its first value.</summary>
    /// <value>Default 1e-8; above 0, at most 0.1.</value>
    public double Tolerance { get; init; } = 1e-8;

    /// <summary>The threads to work on; the model is the same for any number.</summary>
    /// <value>Default 0: one per processor.</value>
    public int Threads { get; init; }

    internal void ThrowIfInvalid(string trainer) => new OptionChecks(trainer)
        .Between(nameof(L2), L2, 0, double.MaxValue)
        .Defined(nameof(Solver), Solver)
        .Between(nameof(MaxIterations), MaxIterations, 1, 100_000)
        .Positive(nameof(Tolerance), Tolerance, 0.1)
        .Between(nameof(Threads), Threads, 0, 1024)
        .ThrowIfAny();
}
