namespace MlOps.Serving;

/// <summary>One combination that was measured.</summary>
/// <param name="Runtime">How its session was made.</param>
/// <param name="Rows">Rows of a batch.</param>
/// <param name="Instances">Batches at once.</param>
/// <param name="Latency">How long a batch took.</param>
/// <param name="RowsPerSecond">Rows a second of all instances together.</param>
/// <param name="Samples">How often it was measured; the figures are medians.</param>
public sealed record TuningPoint(OnnxRuntimeOptions Runtime, int Rows, int Instances, TimeSpan Latency, double RowsPerSecond, int Samples)
{
    /// <summary>The points that no other beats in both latency and throughput, by latency.</summary>
    /// <param name="points">Points of any order.</param>
    /// <returns>The front.</returns>
    public static IReadOnlyList<TuningPoint> Front(IEnumerable<TuningPoint> points)
    {
        ArgumentNullException.ThrowIfNull(points);
        var front = new List<TuningPoint>();
        foreach (var point in points.OrderBy(point => point.Latency).ThenByDescending(point => point.RowsPerSecond))
        {
            if (front.Count == 0 || point.RowsPerSecond > front[^1].RowsPerSecond)
                front.Add(point);
        }

        return front;
    }
}
