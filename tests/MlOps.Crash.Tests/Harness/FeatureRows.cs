using MlOps.Features;

namespace MlOps.Crash.Tests;

/// <summary>The views of the feature harness, and their rows by number: whoever asks gets the same.</summary>
internal static class FeatureRows
{
    public const int Partitions = 2;
    public const int UsersPerPartition = 12;
    public const int BatchRows = 20;
    public const int BatchesPerIngestion = 3;
    private const long Second = 1_000_000;
    private static readonly long Start = Timestamp.Utc(2000, 12, 1).Microseconds;

    public static FeatureView[] Views =>
    [
        Define("clicks").Build(),
        Define("orders").Build(),
        Define("copies").Source("orders", FeatureViewSource.View("orders")).Build(),
    ];

    public static FeatureService[] Services => [.. Views.Select(view => FeatureService.Define(view.Name).View(view.Name).Build())];

    /// <summary>Rows of a partition of the stream, or of the ingestion (partition -1), from an offset on.</summary>
    public static DataFrame Of(int partition, long first, int count) => new(
        DataColumn.Create("user", Range(first, count).Select(number => UserOf(partition, number)).ToArray()),
        DataColumn.Create("at", Range(first, count).Select(number => new Timestamp(EventOf(partition, number))).ToArray()),
        DataColumn.Create("amount", Range(first, count).Select(number => AmountOf(partition, number)).ToArray()));

    public static IEnumerable<string> Users(int partition) => Enumerable.Range(0, UsersPerPartition).Select(user => $"p{partition}-u{user}");

    /// <summary>After everything that a harness ever writes.</summary>
    public static Timestamp End => new(Start + 300 * 86_400L * Second);

    /// <summary>Count, sum and last amount of a user over the first rows of a partition, folded naively.</summary>
    public static float[] Expected(int partition, string user, long rows)
    {
        var (count, cents, newest, last) = (0L, 0L, long.MinValue, float.NaN);
        for (var number = 0L; number < rows; number++)
        {
            if (UserOf(partition, number) != user)
                continue;
            count++;
            cents += (long)Math.Round(AmountOf(partition, number) * 100);
            if (EventOf(partition, number) >= newest)
                (newest, last) = (EventOf(partition, number), (float)AmountOf(partition, number));
        }

        return [count, (float)((double)cents / 100), last];
    }

    private static FeatureViewBuilder Define(string name) => FeatureView.Define(name).Key("user").EventTime("at")
        .Windows(FeatureWindow.Days(365)).Aggregate("amount", [AggregateFunction.Count, AggregateFunction.Sum], scale: 100).LastValue("amount", name: "last");

    private static string UserOf(int partition, long number) => $"p{partition}-u{Mix(partition, number, 1) % UsersPerPartition}";

    // Out of order by up to two minutes: an older value must not replace a newer one.
    private static long EventOf(int partition, long number) => Start + number * 5 * Second + (long)(Mix(partition, number, 2) % 120) * Second;

    private static double AmountOf(int partition, long number) => Mix(partition, number, 3) % 10_000 / 100.0;

    private static ulong Mix(int partition, long number, ulong salt)
    {
        var x = (ulong)number * 0x9E3779B97F4A7C15 + (ulong)(partition + 2) * 0xBF58476D1CE4E5B9 + salt * 0x94D049BB133111EB;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }

    private static IEnumerable<long> Range(long first, int count) => Enumerable.Range(0, count).Select(i => first + i);
}
