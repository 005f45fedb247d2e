namespace MlOps.Learning;

/// <summary>How a linear model's loss is minimised; both end at the same coefficients.</summary>
public enum LinearSolver
{
    /// <summary><see cref="Newton"/> up to 96 features, <see cref="Lbfgs"/> above.</summary>
    Auto,

    /// <summary>Newton's method (iteratively reweighted least squares) with step halving: few passes, each quadratic in the features.</summary>
    Newton,

    /// <summary>Limited-memory BFGS (Nocedal 1980): more passes, each linear in the features.</summary>
    Lbfgs,
}
