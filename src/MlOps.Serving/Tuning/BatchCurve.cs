namespace MlOps.Serving;

/// <summary>
/// What batches of one model cost on one machine: measured points, and straight lines between them (costs are not linear over all
/// sizes: weights stream once, vector units fill up, caches overflow). Immutable.
/// </summary>
public sealed class BatchCurve
{
    private readonly BatchCurvePoint[] _points;

    /// <summary>Makes a curve.</summary>
    /// <param name="points">At least one point, in rising order of rows.</param>
    /// <exception cref="ArgumentException">There is no point, or they do not rise.</exception>
    public BatchCurve(IReadOnlyList<BatchCurvePoint> points)
    {
        ArgumentNullException.ThrowIfNull(points);
        if (points.Count == 0)
            throw new ArgumentException("A batch curve needs at least one point.", nameof(points));
        for (var i = 0; i < points.Count; i++)
        {
            if (points[i].Rows < 1 || points[i].Time <= TimeSpan.Zero || (i > 0 && points[i].Rows <= points[i - 1].Rows))
                throw new ArgumentException($"Point {i + 1} of a batch curve ({points[i].Rows} rows, {points[i].Time}) is not allowed: rows rise from 1, times are positive.", nameof(points));
        }

        _points = [.. points];
    }

    /// <summary>The measured points.</summary>
    public IReadOnlyList<BatchCurvePoint> Points => _points;

    /// <summary>The largest measured size.</summary>
    public int MaximumRows => _points[^1].Rows;

    /// <summary>How long a batch takes: between points in proportion; beyond the last one at its cost per row; below the first one its time.</summary>
    /// <param name="rows">The rows, from 1.</param>
    /// <returns>The time.</returns>
    public TimeSpan Time(int rows)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        if (rows <= _points[0].Rows)
            return _points[0].Time;
        for (var i = 1; i < _points.Length; i++)
        {
            var (low, high) = (_points[i - 1], _points[i]);
            if (rows <= high.Rows)
                return low.Time + ((high.Time - low.Time) * ((double)(rows - low.Rows) / (high.Rows - low.Rows)));
        }

        return _points[^1].Time * ((double)rows / _points[^1].Rows);
    }

    /// <summary>The cost of one row in a batch.</summary>
    /// <param name="rows">The rows of the batch.</param>
    /// <returns>The time per row.</returns>
    public TimeSpan TimePerRow(int rows) => Time(rows) / rows;

    /// <summary>The measured size with the least time per row.</summary>
    public int BestRows => _points.MinBy(point => point.Time / point.Rows).Rows;

    /// <summary>The smallest measured size whose time per row is close to the best.</summary>
    /// <param name="tolerance">How close: 0.2 means at most a fifth more.</param>
    /// <returns>The rows.</returns>
    public int SmallestNearBest(double tolerance)
    {
        var bound = TimePerRow(BestRows) * (1 + tolerance);
        return _points.First(point => point.Time / point.Rows <= bound).Rows;
    }

    /// <summary>How many times more rows a second the best batch size gives than single rows.</summary>
    public double Gain => TimePerRow(1) / TimePerRow(BestRows);
}
