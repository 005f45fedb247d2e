namespace MlOps.Features;

/// <summary>A row-major matrix of floats with named columns: what a model takes.</summary>
public sealed class FeatureTensor
{
    internal FeatureTensor(float[] values, int rows, IReadOnlyList<string> names)
    {
        Values = values;
        Rows = rows;
        Names = names;
    }

    /// <summary>Row after row.</summary>
    public float[] Values { get; }

    /// <summary>Rows.</summary>
    public int Rows { get; }

    /// <summary>The columns in order.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Columns.</summary>
    public int Columns => Names.Count;

    /// <summary>Rows and columns.</summary>
    public IReadOnlyList<int> Shape => [Rows, Columns];

    /// <summary>One row.</summary>
    /// <param name="row">The row, from 0.</param>
    /// <returns>Its values.</returns>
    public ReadOnlySpan<float> Row(int row) => Values.AsSpan(checked(row * Columns), Columns);
}
