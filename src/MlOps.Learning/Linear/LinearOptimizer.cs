using System.Numerics.Tensors;

namespace MlOps.Learning;

/// <summary>Minimises a convex <see cref="LinearObjective"/> from the best constant model.</summary>
internal sealed class LinearOptimizer(LinearObjective objective, LinearTrainerOptions options, Action<int, double> report)
{
    private const int NewtonFeatures = 96;
    private const int Memory = 10;

    public double[] Minimize(CancellationToken cancellationToken)
    {
        double[] parameters = new double[objective.ParameterCount];
        parameters[^1] = objective.InitialIntercept();
        bool newton = options.Solver == LinearSolver.Newton
            || (options.Solver == LinearSolver.Auto && objective.ParameterCount - 1 <= NewtonFeatures);
        return newton ? Newton(parameters, cancellationToken) : Lbfgs(parameters, cancellationToken);
    }

    private static double Largest(ReadOnlySpan<double> values) => Math.Abs(TensorPrimitives.MaxMagnitude(values));

    private double[] Newton(double[] parameters, CancellationToken cancellationToken)
    {
        int size = parameters.Length;
        double[] gradient = new double[size];
        double[] hessian = new double[size * size];
        double[] direction = new double[size];
        double loss = objective.Evaluate(parameters, gradient, hessian);
        double goal = options.Tolerance * Largest(gradient);
        for (int iteration = 1; iteration <= options.MaxIterations && Largest(gradient) > goal; iteration++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            TensorPrimitives.Negate(gradient, direction);
            Cholesky.Solve(hessian, direction);
            if (!Descend(ref parameters, ref loss, gradient, hessian, direction))
                break;
            report(iteration, loss);
        }

        return parameters;
    }

    private double[] Lbfgs(double[] parameters, CancellationToken cancellationToken)
    {
        int size = parameters.Length;
        double[] gradient = new double[size];
        double[] direction = new double[size];
        List<(double[] Step, double[] Change, double Curvature)> memory = [];
        double loss = objective.Evaluate(parameters, gradient, null);
        double goal = options.Tolerance * Largest(gradient);
        for (int iteration = 1; iteration <= options.MaxIterations && Largest(gradient) > goal; iteration++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Direction(gradient, memory, direction);
            double[] oldParameters = [.. parameters];
            double[] oldGradient = [.. gradient];
            if (!Descend(ref parameters, ref loss, gradient, null, direction))
            {
                if (memory.Count == 0)
                    break;

                // Old curvature no longer fits: start again along the gradient.
                memory.Clear();
                continue;
            }

            report(iteration, loss);
            double[] step = new double[size];
            double[] change = new double[size];
            TensorPrimitives.Subtract(parameters, oldParameters, step);
            TensorPrimitives.Subtract(gradient, oldGradient, change);
            double curvature = TensorPrimitives.Dot<double>(step, change);
            if (!(curvature > 1e-16 * TensorPrimitives.Dot<double>(change, change)))
                continue;
            if (memory.Count == Memory)
                memory.RemoveAt(0);
            memory.Add((step, change, curvature));
        }

        return parameters;
    }

    /// <summary>The two-loop recursion.</summary>
    private static void Direction(double[] gradient, List<(double[] Step, double[] Change, double Curvature)> memory, double[] direction)
    {
        TensorPrimitives.Negate(gradient, direction);
        if (memory.Count == 0)
            return;

        Span<double> alphas = stackalloc double[Memory];
        for (int i = memory.Count - 1; i >= 0; i--)
        {
            (double[] step, double[] change, double curvature) = memory[i];
            alphas[i] = TensorPrimitives.Dot<double>(step, direction) / curvature;
            TensorPrimitives.MultiplyAdd(change, -alphas[i], direction, direction);
        }

        (_, double[] lastChange, double lastCurvature) = memory[^1];
        TensorPrimitives.Multiply(direction, lastCurvature / TensorPrimitives.Dot<double>(lastChange, lastChange), direction);
        for (int i = 0; i < memory.Count; i++)
        {
            (double[] step, double[] change, double curvature) = memory[i];
            double beta = TensorPrimitives.Dot<double>(change, direction) / curvature;
            TensorPrimitives.MultiplyAdd(step, alphas[i] - beta, direction, direction);
        }
    }

    /// <summary>Halves the step until it descends enough (Armijo); on success the point, loss and derivatives are those of the new point.</summary>
    private bool Descend(ref double[] parameters, ref double loss, double[] gradient, double[]? hessian, double[] direction)
    {
        double slope = TensorPrimitives.Dot<double>(gradient, direction);
        if (!(slope < 0))
            return false;

        double[] trial = new double[parameters.Length];
        double[] trialGradient = new double[parameters.Length];
        double length = 1;
        for (int attempt = 0; attempt < 40; attempt++, length /= 2)
        {
            TensorPrimitives.MultiplyAdd(direction, length, parameters, trial);
            double trialLoss = objective.Evaluate(trial, trialGradient, hessian);

            // Near the minimum the loss is flat to rounding; there a smaller gradient says more than the loss.
            bool flat = Math.Abs(trialLoss - loss) <= 1e-14 * Math.Abs(loss) && Largest(trialGradient) < Largest(gradient);
            if (!flat && !(trialLoss <= loss + (1e-4 * length * slope)))
                continue;
            parameters = trial;
            loss = trialLoss;
            trialGradient.CopyTo(gradient, 0);
            return true;
        }

        return false;
    }
}
