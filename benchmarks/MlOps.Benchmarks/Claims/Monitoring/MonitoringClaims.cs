using System.Globalization;
using MlOps.Benchmarks.Measuring;
using MlOps.Monitoring;

namespace MlOps.Benchmarks.Claims.Monitoring;

internal static class MonitoringClaims
{
    public static IEnumerable<IClaim> All =>
    [
        new Claim(
            "monitoring.false-alarms",
            "rate of alarms of the calibrated drift check at alpha 0.05 where nothing drifts: the rate farthest from 5 % over laws and sizes, 2,000 repetitions each",
            "3.0 % to 7.0 %",
            FalseAlarms.MeasureAsync),
        new Claim(
            "monitoring.drift-speed",
            "CPU of sorting reference and window (Kolmogorov-Smirnov by hand) over that of the drift window, 20 columns, 100,000 rows",
            "at least 2 x",
            (_, _) => Task.FromResult(Speed())),
    ];

    private static ClaimResult Speed()
    {
        const int rows = 100_000, columns = 20;
        const string sorting = "sort both samples";
        const string window = "drift window";
        var random = new Random(5);
        float[] reference = Values(random, rows * columns), current = Values(random, rows * columns);
        var profile = ReferenceProfile.Learn([.. Enumerable.Range(0, columns).Select(i => $"c{i}")], reference);
        var rule = new DriftRule();
        float[] left = new float[rows], right = new float[rows];
        var result = Paired.Measure(
            new PairedOptions { Rounds = 8, Operations = rows * columns, WarmUp = TimeSpan.FromSeconds(0.5) },
            (sorting, (start, _) =>
            {
                double sum = 0;
                for (int column = 0; column < columns; column++)
                {
                    for (int row = 0; row < rows; row++)
                    {
                        left[row] = reference[(row * columns) + column];
                        right[row] = current[(row * columns) + column] + (start & 7);
                    }

                    Array.Sort(left);
                    Array.Sort(right);
                    sum += Distance(left, right);
                }

                return (long)(sum * 1000);
            }),
            (window, (_, _) =>
            {
                var counts = new DriftWindow(profile);
                for (int row = 0; row < rows; row++)
                    counts.Add(current.AsSpan(row * columns, columns), 0);
                return counts.Compare(rule).Count(column => column.Drifted);
            }));
        double gain = result.CpuRatio(sorting, window);
        double values = 1e9 / result[window].CpuNanoseconds;
        return ClaimResult.AtLeast(
            gain, 2, string.Create(CultureInfo.InvariantCulture, $"{gain:F1} x ({values / 1e6:F0} M values/s)"),
            result.ToDetail("One value of 20 columns x 100,000 rows compared with as long a reference", sorting));
    }

    private static float[] Values(Random random, int count)
    {
        float[] values = new float[count];
        for (int i = 0; i < count; i++)
            values[i] = (float)FalseAlarms.Normal(random);
        return values;
    }

    private static double Distance(float[] left, float[] right)
    {
        double distance = 0;
        for (int i = 0, j = 0; i < left.Length && j < right.Length;)
        {
            float at = Math.Min(left[i], right[j]);
            while (i < left.Length && left[i] <= at)
                i++;
            while (j < right.Length && right[j] <= at)
                j++;
            distance = Math.Max(distance, Math.Abs((i - j) / (double)left.Length));
        }

        return distance;
    }
}
