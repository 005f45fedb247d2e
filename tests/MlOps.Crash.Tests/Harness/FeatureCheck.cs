using System.Globalization;
using MlOps.Features;

namespace MlOps.Crash.Tests;

/// <summary>Opens a feature store that a killed process left behind, lets it catch up, and lists every broken promise.</summary>
internal static class FeatureCheck
{
    public static async Task<List<string>> RunAsync(string directory, FeatureAcknowledgements acknowledged)
    {
        var broken = new List<string>();
        await using var host = FeatureHost.Open(directory);
        var written = new long[FeatureRows.Partitions];
        for (var p = 0; p < written.Length; p++)
        {
            written[p] = (await host.Channel.GetRangeAsync(p.ToString(CultureInfo.InvariantCulture))).Last + 1;
            if (acknowledged.Written[p] >= written[p])
                broken.Add($"acknowledged offset {acknowledged.Written[p]} of partition {p} is lost: the log ends before {written[p]}");
        }

        host.Channel.Complete();
        await host.Store.Streams.RunAsync(host.Job);
        var clicks = await host.Store.GetStatusAsync("clicks");
        if (clicks.OfflineRows != written.Sum())
            broken.Add($"the stream has {written.Sum()} rows, {clicks.OfflineRows} landed");
        for (var p = 0; p < written.Length; p++)
            await CompareAsync(host.Store, "clicks", p, written[p], broken);

        await CheckOrdersAsync(host.Store, acknowledged, broken);
        return broken;
    }

    private static async Task CheckOrdersAsync(IFeatureStore store, FeatureAcknowledgements acknowledged, List<string> broken)
    {
        const int rows = FeatureRows.BatchRows * FeatureRows.BatchesPerIngestion;
        var orders = (await store.GetStatusAsync("orders")).OfflineRows;
        if (orders % FeatureRows.BatchRows != 0)
            broken.Add($"orders has {orders} rows: a batch is there by half");
        if (orders < (acknowledged.Ingested + 1) * rows)
            broken.Add($"acknowledged ingestion {acknowledged.Ingested} is lost: orders has {orders} rows");
        // What was cut off is finished by the same call; what was there is not added again.
        if (orders % rows != 0)
            await FeatureWork.IngestAsync(store, orders / rows);
        var whole = (orders + rows - 1) / rows * rows;
        if ((await store.GetStatusAsync("orders")).OfflineRows is var after && after != whole)
            broken.Add($"orders has {after} rows after the repetition, {whole} are due");
        await store.MaterializeAsync("orders", FeatureRows.End);
        await CompareAsync(store, "orders", -1, whole, broken);
        await store.Sources.RefreshAsync("copies");
        if ((await store.GetStatusAsync("copies")).OfflineRows is var copies && copies != whole)
            broken.Add($"copies has {copies} rows, its source {whole}");
        await store.MaterializeAsync("copies", FeatureRows.End);
        await CompareAsync(store, "copies", -1, whole, broken);
    }

    // Online, offline and folded naively: three answers, by bits.
    private static async Task CompareAsync(IFeatureStore store, string view, int partition, long rows, List<string> broken)
    {
        var users = FeatureRows.Users(partition).ToArray();
        var spine = new DataFrame(DataColumn.Create("user", users), DataColumn.Create("moment", Enumerable.Repeat(FeatureRows.End, users.Length).ToArray()));
        var joined = await store.GetTrainingFrameAsync(spine, "moment", view);
        var source = await store.GetVectorSourceAsync(view);
        var values = new float[source.FeatureNames.Count];
        for (var u = 0; u < users.Length; u++)
        {
            var expected = FeatureRows.Expected(partition, users[u], rows);
            await source.ReadAsync(new[] { users[u] }, FeatureRows.End, values);
            for (var f = 0; f < values.Length; f++)
            {
                var offline = joined.Column<float>(source.FeatureNames[f])[u];
                if (!Same(values[f], expected[f]) || !Same(offline, expected[f]))
                    broken.Add($"{source.FeatureNames[f]} of {users[u]} over {rows} rows: online {values[f]}, offline {offline}, due {expected[f]}");
            }
        }
    }

    private static bool Same(float left, float right) => BitConverter.SingleToInt32Bits(left) == BitConverter.SingleToInt32Bits(right);
}
