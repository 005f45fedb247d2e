namespace MlOps.Learning.Tests;

/// <summary>Inputs that Fixtures/make_fixtures.py builds the same way, from integers.</summary>
internal static class Recipe
{
    public static readonly string[] Names = [.. Enumerable.Range(0, 12).Select(i => $"x{i}")];

    private static readonly Lazy<(FeatureMatrix Train, FeatureMatrix Test)> Binary = new(() => Split(regression: false));
    private static readonly Lazy<(FeatureMatrix Train, FeatureMatrix Test)> Number = new(() => Split(regression: true));

    public static (FeatureMatrix Train, FeatureMatrix Test) Classification => Binary.Value;

    public static (FeatureMatrix Train, FeatureMatrix Test) Regression => Number.Value;

    public static double Unit(ulong seed, long index)
    {
        unchecked
        {
            ulong z = seed + ((ulong)(index + 1) * 0x9E3779B97F4A7C15UL);
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
            z ^= z >> 31;
            return (z >> 40) / 16777216.0;
        }
    }

    public static FeatureMatrix Synthetic(int rows, bool regression)
    {
        float[][] columns = [.. Names.Select(_ => new float[rows])];
        float[] labels = new float[rows];
        Span<double> x = stackalloc double[12];
        for (int row = 0; row < rows; row++)
        {
            for (int i = 0; i < 12; i++)
                x[i] = Unit(1, (row * 12L) + i);
            double score = 0.5 + (0.6 * (x[0] - 0.5)) + (2.0 * (x[1] - 0.5) * (x[2] - 0.5)) + (0.8 * (x[3] - 0.5) * (x[3] - 0.5));
            score += x[4] > 0.75 ? 0.3 : -0.1;
            bool missing = Unit(2, row) < 0.3;
            score += missing ? 0.15 : -0.05;
            x[5] = missing ? double.NaN : x[5];
            x[6] = Math.Floor(x[6] * 10);
            score += 0.02 * (x[6] - 4.5);
            labels[row] = regression
                ? (float)((score * 10) + Unit(4, row))
                : Unit(3, row) < Math.Clamp(score, 0.05, 0.95) ? 1 : 0;
            for (int i = 0; i < 12; i++)
                columns[i][row] = (float)x[i];
        }

        return new FeatureMatrix(Names, columns, labels);
    }

    public static FeatureMatrix Permuted(FeatureMatrix data, int seed)
    {
        int[] rows = [.. Enumerable.Range(0, data.RowCount)];
        new Random(seed).Shuffle(rows);
        return data.SelectRows(rows);
    }

    private static (FeatureMatrix Train, FeatureMatrix Test) Split(bool regression) => Synthetic(40_000, regression).SplitAt(20_000);
}
