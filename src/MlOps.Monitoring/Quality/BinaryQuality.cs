namespace MlOps.Monitoring;

internal static class BinaryQuality
{
    public static VersionQuality Measure(string version, string variant, IReadOnlyList<(float Score, double Outcome)> rows, int waiting)
    {
        if (rows.Count == 0)
            return new VersionQuality(version, variant, 0, waiting, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN);
        double loss = 0, brier = 0, squares = 0, positives = 0;
        foreach (var (score, outcome) in rows)
        {
            var clipped = Math.Clamp(score, 1e-7, 1 - 1e-7);
            loss -= outcome * Math.Log(clipped) + (1 - outcome) * Math.Log(1 - clipped);
            var error = (score - outcome) * (score - outcome);
            brier += error;
            squares += error * error;
            positives += outcome;
        }

        var n = rows.Count;
        var mean = brier / n;
        var variance = Math.Max(0, squares / n - mean * mean);
        return new VersionQuality(version, variant, n, waiting, positives / n, Auc(rows), loss / n, mean, Math.Sqrt(variance / n));
    }

    // Rank sum with ties sharing the mean rank (Mann and Whitney, 1947).
    private static double Auc(IReadOnlyList<(float Score, double Outcome)> rows)
    {
        var order = rows.OrderBy(row => row.Score).ToArray();
        double ranks = 0, positives = 0;
        for (var i = 0; i < order.Length;)
        {
            var j = i;
            while (j < order.Length && order[j].Score.Equals(order[i].Score))
                j++;
            for (var k = i; k < j; k++)
            {
                if (order[k].Outcome <= 0.5)
                    continue;
                ranks += (i + 1 + j) / 2.0;
                positives++;
            }

            i = j;
        }

        var negatives = order.Length - positives;
        return positives == 0 || negatives == 0 ? double.NaN : (ranks - positives * (positives + 1) / 2) / (positives * negatives);
    }
}
