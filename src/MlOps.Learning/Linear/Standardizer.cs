using System.Numerics;

namespace MlOps.Learning;

/// <summary>
/// Shifts and scales features to mean 0 and standard deviation 1, in single precision so that training, prediction and ONNX see the same
/// numbers. What is not finite counts as missing and becomes the mean, that is 0.
/// </summary>
internal sealed class Standardizer(float[] means, float[] inverseScales)
{
    /// <summary>Beyond any training row of up to 10^8 (a z-score is at most the root of the rows); keeps absurd inputs from overflowing.</summary>
    public const float Limit = 1e4f;

    public float[] Means { get; } = means;

    public float[] InverseScales { get; } = inverseScales;

    public static Standardizer Fit(FeatureMatrix data, int threads, CancellationToken cancellationToken)
    {
        float[] means = new float[data.ColumnCount];
        float[] inverses = new float[data.ColumnCount];
        Workers.Run(threads, data.ColumnCount, column => FitColumn(data, column, out means[column], out inverses[column]), cancellationToken);
        return new Standardizer(means, inverses);
    }

    public float Apply(float value, int column)
    {
        if (!float.IsFinite(value))
            return 0;
        return Math.Clamp((value - Means[column]) * InverseScales[column], -Limit, Limit);
    }

    public void Apply(ReadOnlySpan<float> source, int column, Span<double> destination)
    {
        Vector<float> mean = new(Means[column]);
        Vector<float> inverse = new(InverseScales[column]);
        Vector<float> limit = new(Limit);
        Vector<float> largest = new(float.MaxValue);
        int i = 0;
        for (; i + Vector<float>.Count <= source.Length; i += Vector<float>.Count)
        {
            Vector<float> value = new(source[i..]);
            Vector<float> z = Vector.Min(Vector.Max((value - mean) * inverse, -limit), limit);
            z = Vector.ConditionalSelect(Vector.LessThanOrEqual(Vector.Abs(value), largest), z, Vector<float>.Zero);
            Vector.Widen(z, out Vector<double> low, out Vector<double> high);
            low.CopyTo(destination[i..]);
            high.CopyTo(destination[(i + Vector<double>.Count)..]);
        }

        for (; i < source.Length; i++)
            destination[i] = Apply(source[i], column);
    }

    private static void FitColumn(FeatureMatrix data, int column, out float mean, out float inverse)
    {
        ReadOnlySpan<float> values = data.Column(column);
        ReadOnlySpan<float> weights = data.Weights;
        double sum = 0;
        double total = 0;
        float low = float.PositiveInfinity;
        float high = float.NegativeInfinity;
        for (int row = 0; row < values.Length; row++)
        {
            float value = values[row];
            double weight = weights.IsEmpty ? 1 : weights[row];
            if (!float.IsFinite(value) || weight == 0)
                continue;
            sum += weight * value;
            total += weight;
            low = Math.Min(low, value);
            high = Math.Max(high, value);
        }

        inverse = 1;
        mean = total > 0 ? (low == high ? low : (float)(sum / total)) : 0;
        if (!(low < high))
            return;

        double exact = sum / total;
        double squares = 0;
        for (int row = 0; row < values.Length; row++)
        {
            double deviation = values[row] - exact;
            if (float.IsFinite(values[row]))
                squares += (weights.IsEmpty ? 1 : weights[row]) * deviation * deviation;
        }

        float scale = (float)(1 / Math.Sqrt(squares / total));
        inverse = float.IsFinite(scale) && scale > 0 ? scale : 1;
    }
}
