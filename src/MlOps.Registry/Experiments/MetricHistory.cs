namespace MlOps.Registry;

/// <summary>Makes the history of a metric of its stored blocks.</summary>
internal static class MetricHistory
{
    public const int LeastPoints = 4;

    /// <summary>
    /// The points by step and time. Of an attempt only those are kept that lie before the first step of every later attempt.
    /// </summary>
    /// <param name="blocks">Stored blocks with their attempt, in the order of logging.</param>
    /// <param name="begins">The lowest step of each attempt; none to keep everything.</param>
    /// <param name="from">The first step wanted.</param>
    /// <param name="to">The last step wanted.</param>
    public static MetricPoint[] Join(
        IReadOnlyList<(long Attempt, byte[] Points)> blocks, IReadOnlyList<(long Attempt, long Step)> begins, long from, long to)
    {
        var kept = new List<MetricPoint>();
        var block = new List<MetricPoint>();
        foreach (var (attempt, bytes) in blocks)
        {
            var bound = begins.Where(begin => begin.Attempt > attempt).Select(begin => begin.Step).DefaultIfEmpty(long.MaxValue).Min();
            var later = begins.Any(begin => begin.Attempt > attempt);
            block.Clear();
            PointBlock.Read(bytes, block);
            foreach (var point in block)
            {
                if (point.Step >= from && point.Step <= to && (!later || point.Step < bound))
                    kept.Add(point);
            }
        }

        return [.. kept.OrderBy(point => point.Step).ThenBy(point => point.Time)];
    }

    /// <summary>
    /// At most so many points: the first, the last, and of equal stretches between them the lowest and the highest, so that no peak is lost
    /// (the min-max selection of time series databases). Values that are not a number count only where a stretch has nothing else.
    /// </summary>
    public static MetricPoint[] Thin(MetricPoint[] points, int most)
    {
        if (points.Length <= most)
            return points;
        var stretches = (most - 2) / 2;
        var kept = new List<MetricPoint>(most) { points[0] };
        var inner = points.Length - 2;
        for (var stretch = 0; stretch < stretches; stretch++)
        {
            var begin = 1 + (int)((long)inner * stretch / stretches);
            var end = 1 + (int)((long)inner * (stretch + 1) / stretches);
            var (low, high) = (begin, begin);
            for (var i = begin; i < end; i++)
            {
                if (double.IsNaN(points[low].Value) || points[i].Value < points[low].Value)
                    low = i;
                if (double.IsNaN(points[high].Value) || points[i].Value > points[high].Value)
                    high = i;
            }

            kept.Add(points[Math.Min(low, high)]);
            if (low != high)
                kept.Add(points[Math.Max(low, high)]);
        }

        kept.Add(points[^1]);
        return [.. kept];
    }
}
