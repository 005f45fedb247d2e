using System.Security.Cryptography;
using System.Text;

namespace MlOps.Features.Tests;

/// <summary>A small view of typed features with and without replacement, and random rows for it.</summary>
internal static class Events
{
    public static readonly Timestamp Start = Timestamp.Utc(2010, 1, 1);

    public static FeatureService Service { get; } = FeatureService.Define("events").View("events").Build();

    public static FeatureView View(bool isUpsert = false, TimeSpan? retention = null)
    {
        var builder = FeatureView.Define("events").Key("who").EventTime("at").AvailableAt("known")
            .Windows(FeatureWindow.Hours(1), FeatureWindow.Days(1))
            .Aggregate("amount", [AggregateFunction.Count, AggregateFunction.Sum, AggregateFunction.Max], scale: 100)
            .LastValue("amount", TimeSpan.FromDays(1), "last").LastValue("label", TimeSpan.FromDays(1), type: DataType.String);
        if (isUpsert)
            builder.Upsert();
        if (retention is { } kept)
            builder.Retain(kept);
        return builder.Build();
    }

    /// <summary>Rows of the entities K0 to K9 in the hours after a moment; with ties, and known late.</summary>
    public static DataFrame Rows(int count, int seed, Timestamp from, params string[] others)
    {
        var random = new Random(seed);
        var who = new string[count];
        var at = new Timestamp[count];
        var known = new Timestamp[count];
        var amount = new double[count];
        for (var i = 0; i < count; i++)
        {
            who[i] = others.Length > 0 && random.Next(4) == 0 ? others[random.Next(others.Length)] : "K" + random.Next(10);
            at[i] = from + TimeSpan.FromMinutes(random.Next(24) * 15);
            known[i] = at[i] + TimeSpan.FromMinutes(random.Next(3) * 30);
            amount[i] = random.Next(-1000, 1000) / 8.0;
        }

        return new DataFrame(
            DataColumn.Create("who", who), DataColumn.Create("at", at), DataColumn.Create("known", known), DataColumn.Create("amount", amount),
            DataColumn.FromText("label", amount.Select(value => value < 0 ? null : "label " + (int)value / 10)));
    }

    /// <summary>Questions about all entities and one that is unknown, from a moment on, half an hour apart.</summary>
    public static DataFrame Spine(Timestamp from, int count = 300, params string[] others)
    {
        string[] names = ["unknown", .. Enumerable.Range(0, 10).Select(i => "K" + i), .. others];
        return new DataFrame(
            DataColumn.Create("who", Enumerable.Range(0, count).Select(i => names[i % names.Length]).ToArray()),
            DataColumn.Create("when", Enumerable.Range(0, count).Select(i => from + TimeSpan.FromMinutes(30 * (i / names.Length))).ToArray()));
    }

    public static async Task<string> DigestAsync(FeatureStore store, DataFrame spine, Timestamp? asOf = null) =>
        Digest(await store.GetTrainingFrameAsync(spine, "when", "events", new TrainingFrameOptions { StoreAsOf = asOf }));

    public static string Digest(DataFrame frame)
    {
        var text = new StringBuilder();
        foreach (var column in frame.Columns)
        {
            for (var row = 0; row < frame.RowCount; row++)
                text.Append(FormattableString.Invariant($"{column.GetValue(row) switch { float f => BitConverter.SingleToInt32Bits(f), double d => BitConverter.DoubleToInt64Bits(d), var other => other }}|"));
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }
}
