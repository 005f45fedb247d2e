namespace MlOps.Features.Tests;

/// <summary>A view over clicks and rows for it, by number, so that every run draws the same.</summary>
internal static class Clicks
{
    public const long Second = 1_000_000;
    public static readonly long Start = Timestamp.Utc(2000, 12, 1).Microseconds;

    public static FeatureView View { get; } = FeatureView.Define("clicks").Key("user").EventTime("at")
        .Windows(FeatureWindow.Hours(1), FeatureWindow.Days(1))
        .Aggregate("amount", [AggregateFunction.Count, AggregateFunction.Sum, AggregateFunction.Mean], scale: 100)
        .LastValue("amount", name: "last")
        .Build();

    public static FeatureService Service { get; } = FeatureService.Define("clicks").View("clicks").Build();

    public static DataFrame Rows(int first, int count, int users = 7) => Rows(Enumerable.Range(first, count), users);

    public static DataFrame Rows(IEnumerable<int> numbers, int users = 7)
    {
        int[] all = [.. numbers];
        return new DataFrame(
            DataColumn.Create("user", all.Select(n => $"user-{new Random(n).Next(users)}").ToArray()),
            DataColumn.Create("at", all.Select(n => new Timestamp(Start + n * 10 * Second + new Random(n + 1).Next(30) * Second)).ToArray()),
            DataColumn.Create("amount", all.Select(n => new Random(n + 2).Next(10_000) / 100.0).ToArray()),
            DataColumn.Create("id", all.Select(n => $"event-{n}").ToArray()));
    }

    /// <summary>Asks online and offline for every user and compares by bits.</summary>
    public static async Task<int> CompareAsync(FeatureStore store, Timestamp at, int users = 7, string service = "clicks")
    {
        var names = Enumerable.Range(0, users).Select(u => $"user-{u}").ToArray();
        var spine = new DataFrame(DataColumn.Create("user", names), DataColumn.Create("moment", Enumerable.Repeat(at, users).ToArray()));
        var joined = await store.GetTrainingFrameAsync(spine, "moment", service);
        var source = await store.GetVectorSourceAsync(service);
        var values = new float[source.FeatureNames.Count];
        for (var u = 0; u < users; u++)
        {
            await source.ReadAsync(new[] { names[u] }, at, values);
            for (var f = 0; f < values.Length; f++)
            {
                var expected = joined.Column<float>(source.FeatureNames[f])[u];
                if (BitConverter.SingleToInt32Bits(values[f]) != BitConverter.SingleToInt32Bits(expected))
                    Assert.Fail($"{names[u]}, {source.FeatureNames[f]} at {at}: online {values[f]:R}, offline {expected:R}");
            }
        }

        return users * values.Length;
    }
}
