using System.Buffers;
using System.Numerics.Tensors;

namespace MlOps.Learning;

/// <summary>
/// The penalised mean loss of a linear model, its gradient and Hessian. Parameters are the coefficients, then the intercept.
/// Rows are cut into pieces by their number alone and the pieces' sums added in order, so that threads do not show in the result.
/// </summary>
internal sealed class LinearObjective
{
    private const int BlockRows = 512;
    private const int MaxPieces = 256;

    private readonly LearningTask _task;
    private readonly FeatureMatrix _data;
    private readonly Standardizer _standardizer;
    private readonly double _l2;
    private readonly int _threads;
    private readonly int _features;
    private readonly int _pieceRows;
    private readonly int _pieces;
    private readonly double _totalWeight;
    private readonly CancellationToken _cancellationToken;

    public LinearObjective(
        LearningTask task, FeatureMatrix data, Standardizer standardizer, double l2, int threads, CancellationToken cancellationToken)
    {
        _task = task;
        _data = data;
        _standardizer = standardizer;
        _l2 = l2;
        _threads = threads;
        _cancellationToken = cancellationToken;
        _features = data.ColumnCount;
        int rows = Math.Max(16 * 1024, (data.RowCount + MaxPieces - 1) / MaxPieces);
        _pieceRows = (rows + BlockRows - 1) / BlockRows * BlockRows;
        _pieces = (data.RowCount + _pieceRows - 1) / _pieceRows;
        _totalWeight = data.RowCount;
        if (data.HasWeights)
        {
            _totalWeight = 0;
            foreach (float weight in data.Weights)
                _totalWeight += weight;
        }
    }

    public int ParameterCount => _features + 1;

    /// <summary>The intercept that fits best alone.</summary>
    public double InitialIntercept() => new BoostingObjective(_task, _data).BaseScore();

    /// <summary>Evaluates the objective.</summary>
    /// <param name="parameters">Coefficients, then intercept.</param>
    /// <param name="gradient">Overwritten.</param>
    /// <param name="hessian">Row-major lower triangle, overwritten; absent where not wanted.</param>
    /// <returns>The penalised mean loss.</returns>
    public double Evaluate(double[] parameters, double[] gradient, double[]? hessian)
    {
        int size = ParameterCount;
        double[] losses = new double[_pieces];
        double[][] gradients = new double[_pieces][];
        double[][] hessians = new double[_pieces][];
        Workers.Run(_threads, _pieces, piece =>
        {
            gradients[piece] = new double[size];
            hessians[piece] = hessian is null ? [] : new double[size * size];
            losses[piece] = EvaluatePiece(piece, parameters, gradients[piece], hessians[piece]);
        }, _cancellationToken);

        double loss = 0;
        Array.Clear(gradient);
        if (hessian is not null)
            Array.Clear(hessian);
        for (int piece = 0; piece < _pieces; piece++)
        {
            loss += losses[piece];
            TensorPrimitives.Add(gradient, gradients[piece], gradient);
            if (hessian is not null)
                TensorPrimitives.Add(hessian, hessians[piece], hessian);
        }

        for (int j = 0; j < _features; j++)
        {
            loss += 0.5 * _l2 * parameters[j] * parameters[j];
            gradient[j] += _l2 * parameters[j];
            if (hessian is not null)
                hessian[(j * size) + j] += _l2;
        }

        TensorPrimitives.Divide(gradient, _totalWeight, gradient);
        if (hessian is not null)
            TensorPrimitives.Divide(hessian, _totalWeight, hessian);
        return loss / _totalWeight;
    }

    private double EvaluatePiece(int piece, double[] parameters, double[] gradient, double[] hessian)
    {
        double[] buffer = ArrayPool<double>.Shared.Rent((_features + 4) * BlockRows);
        double loss = 0;
        int end = Math.Min((piece + 1) * _pieceRows, _data.RowCount);
        for (int start = piece * _pieceRows; start < end; start += BlockRows)
            loss += EvaluateBlock(start, Math.Min(BlockRows, end - start), buffer, parameters, gradient, hessian);
        ArrayPool<double>.Shared.Return(buffer);
        return loss;
    }

    private double EvaluateBlock(int start, int count, double[] buffer, double[] parameters, double[] gradient, double[] hessian)
    {
        Span<double> scores = buffer.AsSpan(0, count);
        Span<double> residuals = buffer.AsSpan(BlockRows, count);
        Span<double> curvatures = buffer.AsSpan(2 * BlockRows, count);
        Span<double> scaled = buffer.AsSpan(3 * BlockRows, count);
        scores.Fill(parameters[_features]);
        for (int j = 0; j < _features; j++)
        {
            Span<double> column = Column(buffer, j, count);
            _standardizer.Apply(_data.Column(j).Slice(start, count), j, column);
            TensorPrimitives.MultiplyAdd(column, parameters[j], scores, scores);
        }

        double loss = Residuals(start, scores, residuals, curvatures);
        for (int j = 0; j < _features; j++)
            gradient[j] += TensorPrimitives.Dot(residuals, Column(buffer, j, count));
        gradient[_features] += TensorPrimitives.Sum<double>(residuals);
        if (hessian.Length == 0)
            return loss;

        int size = ParameterCount;
        for (int j = 0; j < _features; j++)
        {
            TensorPrimitives.Multiply(curvatures, Column(buffer, j, count), scaled);
            for (int k = 0; k <= j; k++)
                hessian[(j * size) + k] += TensorPrimitives.Dot(scaled, Column(buffer, k, count));
            hessian[(_features * size) + j] += TensorPrimitives.Sum<double>(scaled);
        }

        hessian[(_features * size) + _features] += TensorPrimitives.Sum<double>(curvatures);
        return loss;
    }

    private double Residuals(int start, ReadOnlySpan<double> scores, Span<double> residuals, Span<double> curvatures)
    {
        ReadOnlySpan<float> labels = _data.Labels.Slice(start, scores.Length);
        ReadOnlySpan<float> weights = _data.HasWeights ? _data.Weights.Slice(start, scores.Length) : default;
        double loss = 0;
        if (_task == LearningTask.BinaryClassification)
            TensorPrimitives.Sigmoid(scores, residuals);
        for (int i = 0; i < scores.Length; i++)
        {
            double weight = weights.IsEmpty ? 1 : weights[i];
            if (_task == LearningTask.BinaryClassification)
            {
                double p = residuals[i];
                loss += weight * Logistic.Loss(scores[i], labels[i]);
                residuals[i] = weight * (p - labels[i]);
                curvatures[i] = weight * p * (1 - p);
            }
            else
            {
                double error = scores[i] - labels[i];
                loss += weight * 0.5 * error * error;
                residuals[i] = weight * error;
                curvatures[i] = weight;
            }
        }

        return loss;
    }

    private static Span<double> Column(double[] buffer, int column, int count) => buffer.AsSpan((column + 4) * BlockRows, count);
}
