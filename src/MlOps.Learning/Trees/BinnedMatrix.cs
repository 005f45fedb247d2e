namespace MlOps.Learning;

/// <summary>Features cut into at most 254 value bins and one bin for missing values, one byte a value.</summary>
internal sealed class BinnedMatrix
{
    private const int SampleRows = 200_000;
    private const int SearchWidth = 256;

    private BinnedMatrix(byte[][] bins, float[][] thresholds, int rows)
    {
        Bins = bins;
        Thresholds = thresholds;
        RowCount = rows;
        Offsets = new int[bins.Length + 1];
        for (int i = 0; i < bins.Length; i++)
            Offsets[i + 1] = Offsets[i] + ValueBins(i) + 1;
    }

    /// <summary>One pinned array per feature.</summary>
    public byte[][] Bins { get; }

    /// <summary>Per feature: a value belongs to the first bin whose threshold is not below it, else to the last bin.</summary>
    public float[][] Thresholds { get; }

    /// <summary>Where each feature's bins begin in a histogram of all features.</summary>
    public int[] Offsets { get; }

    public int RowCount { get; }

    public int ColumnCount => Bins.Length;

    public int TotalBins => Offsets[^1];

    public int ValueBins(int feature) => Thresholds[feature].Length + 1;

    /// <summary>The bin of missing values follows the value bins.</summary>
    public int MissingBin(int feature) => Thresholds[feature].Length + 1;

    public static BinnedMatrix Build(FeatureMatrix data, int maxBins, int seed, int threads, CancellationToken cancellationToken)
    {
        byte[][] bins = new byte[data.ColumnCount][];
        float[][] thresholds = new float[data.ColumnCount][];
        Workers.Run(threads, data.ColumnCount, feature =>
        {
            thresholds[feature] = FindThresholds(data.Column(feature), maxBins - 1, seed);
            bins[feature] = Assign(data.Column(feature), thresholds[feature]);
        }, cancellationToken);
        return new BinnedMatrix(bins, thresholds, data.RowCount);
    }

    /// <summary>The float between two neighbours that keeps <paramref name="low"/> at or below it and <paramref name="high"/> above it.</summary>
    internal static float Midpoint(float low, float high)
    {
        float middle = (float)(((double)low + high) / 2);
        return float.IsFinite(middle) && middle >= low && middle < high ? middle : low;
    }

    private static float[] FindThresholds(ReadOnlySpan<float> column, int maxValueBins, int seed)
    {
        float[] sorted = Sample(column, seed);
        Array.Sort(sorted);
        List<(float Value, int Count)> distinct = [];
        for (int i = 0, start = 0; i < sorted.Length; i++)
        {
            if (i + 1 < sorted.Length && sorted[i + 1] == sorted[i])
                continue;
            distinct.Add((sorted[i], i + 1 - start));
            start = i + 1;
        }

        List<float> thresholds = [];
        if (distinct.Count <= maxValueBins)
        {
            for (int i = 0; i + 1 < distinct.Count; i++)
                thresholds.Add(Midpoint(distinct[i].Value, distinct[i + 1].Value));
            return [.. thresholds];
        }

        // Equal shares of what is left, recomputed after each cut, so that one very common value does not starve the bins after it.
        int remaining = sorted.Length;
        int inBin = 0;
        for (int i = 0; i + 1 < distinct.Count && thresholds.Count < maxValueBins - 1; i++)
        {
            inBin += distinct[i].Count;
            double target = (double)remaining / (maxValueBins - thresholds.Count);
            bool nextIsCommon = distinct[i + 1].Count >= target;
            if (inBin < target && !(nextIsCommon && inBin >= target / 2))
                continue;
            thresholds.Add(Midpoint(distinct[i].Value, distinct[i + 1].Value));
            remaining -= inBin;
            inBin = 0;
        }

        return [.. thresholds];
    }

    private static float[] Sample(ReadOnlySpan<float> column, int seed)
    {
        List<float> sample = new(Math.Min(column.Length, SampleRows));
        int picks = Math.Min(column.Length, SampleRows);
        for (int i = 0; i < picks; i++)
        {
            int row = i;
            if (column.Length > SampleRows)
            {
                // One row from each of equal strata: a stride alone would follow any period in the data.
                long from = (long)i * column.Length / SampleRows;
                long to = (long)(i + 1) * column.Length / SampleRows;
                row = (int)(from + (long)(SeededHash.Unit(seed, 3, i) * (to - from)));
            }

            if (!float.IsNaN(column[row]))
                sample.Add(column[row]);
        }

        return [.. sample];
    }

    private static byte[] Assign(ReadOnlySpan<float> column, float[] thresholds)
    {
        Span<float> search = stackalloc float[SearchWidth];
        search.Fill(float.PositiveInfinity);
        thresholds.CopyTo(search);
        byte missing = (byte)(thresholds.Length + 1);
        int firstStep = 1;
        while (firstStep * 2 <= thresholds.Length)
            firstStep *= 2;

        byte[] bins = GC.AllocateUninitializedArray<byte>(column.Length, pinned: true);
        for (int row = 0; row < column.Length; row++)
        {
            float value = column[row];
            int position = 0;
            for (int step = firstStep; step > 0; step >>= 1)
                position += search[position + step - 1] < value ? step : 0;
            bins[row] = float.IsNaN(value) ? missing : (byte)position;
        }

        return bins;
    }
}
