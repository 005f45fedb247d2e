namespace MlOps.Features;

/// <summary>Features as a matrix of 32-bit floats, row after row, as model runtimes take them.</summary>
/// <param name="Values">Rows times columns numbers; NaN where there is no value, 1 and 0 for flags.</param>
/// <param name="Rows">Rows.</param>
/// <param name="Columns">What the columns are.</param>
public sealed record FeatureTensor(float[] Values, int Rows, IReadOnlyList<string> Columns)
{
    /// <summary>The shape: rows, columns.</summary>
    public IReadOnlyList<long> Shape => [Rows, Columns.Count];
}
