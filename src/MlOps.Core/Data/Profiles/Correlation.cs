namespace MlOps;

/// <summary>Correlations over the rows where both values are finite.</summary>
internal static class Correlation
{
    public static double Pearson(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        var (count, shiftX, shiftY) = (0L, 0.0, 0.0);
        for (var i = 0; i < x.Length; i++)
        {
            if (double.IsFinite(x[i]) && double.IsFinite(y[i]))
            {
                count++;
                shiftX += x[i];
                shiftY += y[i];
            }
        }

        if (count < 2)
            return double.NaN;

        // Differences from the means, whose own rounding the last terms take out.
        (shiftX, shiftY) = (shiftX / count, shiftY / count);
        var (sumX, sumY, xx, yy, xy) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for (var i = 0; i < x.Length; i++)
        {
            if (!double.IsFinite(x[i]) || !double.IsFinite(y[i]))
                continue;
            var (dx, dy) = (x[i] - shiftX, y[i] - shiftY);
            sumX += dx;
            sumY += dy;
            xx += dx * dx;
            yy += dy * dy;
            xy += dx * dy;
        }

        xx -= sumX * sumX / count;
        yy -= sumY * sumY / count;
        xy -= sumX * sumY / count;

        // A constant leaves rounding errors where nothing should be.
        var tiny = count * 1e-28;
        var varies = xx > tiny * shiftX * shiftX && yy > tiny * shiftY * shiftY && double.IsFinite(xx) && double.IsFinite(yy);
        return varies ? Math.Clamp(xy / Math.Sqrt(xx) / Math.Sqrt(yy), -1, 1) : double.NaN;
    }

    /// <summary>Pearson's correlation of the ranks among the complete pairs; equal values share the mean of their ranks (Spearman, 1904).</summary>
    public static double Spearman(double[] x, double[] y)
    {
        var (left, right) = (new List<double>(x.Length), new List<double>(x.Length));
        for (var i = 0; i < x.Length; i++)
        {
            if (!double.IsFinite(x[i]) || !double.IsFinite(y[i]))
                continue;
            left.Add(x[i]);
            right.Add(y[i]);
        }

        return Pearson(Ranks([.. left]), Ranks([.. right]));
    }

    public static double[] Ranks(double[] values)
    {
        var order = new int[values.Length];
        for (var i = 0; i < order.Length; i++)
            order[i] = i;
        var sorted = (double[])values.Clone();
        Array.Sort(sorted, order);
        var ranks = new double[values.Length];
        for (var start = 0; start < sorted.Length;)
        {
            var end = start + 1;
            while (end < sorted.Length && sorted[end] == sorted[start])
                end++;
            for (var i = start; i < end; i++)
                ranks[order[i]] = ((start + end - 1) / 2.0) + 1;
            start = end;
        }

        return ranks;
    }
}
