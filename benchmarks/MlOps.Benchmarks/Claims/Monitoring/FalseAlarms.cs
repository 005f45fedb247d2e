using System.Globalization;
using MlOps.Monitoring;

namespace MlOps.Benchmarks.Claims.Monitoring;

/// <summary>Reference and window from one law: how often the calibrated check and the usual fixed bound call it drift.</summary>
internal static class FalseAlarms
{
    private const double Alpha = 0.05;
    private const int Repetitions = 2000;

    private static readonly (string Name, Func<Random, double> Draw)[] Laws =
    [
        ("normal", Normal),
        ("lognormal", random => Math.Exp(1.5 * Normal(random))),
        ("uniform", random => random.NextDouble()),
        ("5 categories", random => random.Next(5)),
    ];

    private static readonly (int Reference, int Window)[] Sizes = [(1000, 300), (1000, 1000), (5000, 500), (5000, 5000)];

    public static Task<ClaimResult> MeasureAsync(ClaimContext context, CancellationToken stop)
    {
        var rows = new List<IReadOnlyList<string>>();
        double worst = Alpha;
        for (int law = 0; law < Laws.Length; law++)
        {
            foreach (var (reference, window) in Sizes)
            {
                int calibrated = 0, several = 0, usual = 0;
                var (name, draw) = Laws[law];
                Parallel.For(0, Repetitions, new ParallelOptions { CancellationToken = stop }, repetition =>
                {
                    var random = new Random((((context.Seed * 31) + repetition) * 31) + reference + window);
                    var (alarm, fixedAlarm) = Check(random, draw, reference, window, columns: 1);
                    if (alarm)
                        Interlocked.Increment(ref calibrated);
                    if (fixedAlarm)
                        Interlocked.Increment(ref usual);
                    if (repetition % 5 == 0 && Check(random, draw, reference, window, columns: 10).Alarm)
                        Interlocked.Increment(ref several);
                });
                double rate = calibrated / (double)Repetitions;
                if (Math.Abs(rate - Alpha) > Math.Abs(worst - Alpha))
                    worst = rate;
                rows.Add([name, $"{reference}", $"{window}", Percent(rate), Percent(several / (Repetitions / 5.0)), Percent(usual / (double)Repetitions)]);
            }
        }

        return Task.FromResult(new ClaimResult(
            worst, Percent(worst), worst is >= 0.03 and <= 0.07,
            new ClaimDetail(
                "Alarms without drift; nominal 5 %. The last column is the usual rule, PSI >= 0.1 over 10 quantile bins, whose rate depends on the sizes",
                ["law", "reference rows", "window rows", "calibrated, 1 column", "calibrated, any of 10 columns", "PSI >= 0.1"],
                rows)));
    }

    internal static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    private static (bool Alarm, bool FixedAlarm) Check(Random random, Func<Random, double> draw, int reference, int window, int columns)
    {
        float[] Rows(int count)
        {
            float[] values = new float[count * columns];
            for (int i = 0; i < values.Length; i++)
                values[i] = (float)draw(random);
            return values;
        }

        float[] before = Rows(reference), now = Rows(window);
        var profile = ReferenceProfile.Learn([.. Enumerable.Range(0, columns).Select(i => $"c{i}")], before);
        var counts = new DriftWindow(profile);
        for (int row = 0; row < window; row++)
            counts.Add(now.AsSpan(row * columns, columns), 0);
        var compared = counts.Compare(new DriftRule { Alpha = Alpha, MinimumIndex = 0 });
        return (compared.Any(column => column.Drifted), compared.Any(column => column.Index >= 0.1));
    }

    private static string Percent(double value) => string.Create(CultureInfo.InvariantCulture, $"{100 * value:F1} %");
}
