using System.Globalization;
using MlOps.Features;

namespace MlOps.Crash.Tests;

/// <summary>Writes a stream, feeds a view from it, ingests, materialises and derives, all at once, and says what is done, until it is killed.</summary>
internal static class FeatureWork
{
    private static readonly Lock Output = new();

    public static async Task RunAsync(FeaturePlan plan)
    {
        await using var host = FeatureHost.Open(plan.Directory, plan.Bug);
        var streaming = host.Store.Streams.RunAsync(host.Job);
        var work = new List<Task> { streaming, Task.Run(() => IngestAsync(host)), Task.Run(() => MaterializeAsync(host)), Task.Run(() => DeriveAsync(host)) };
        for (var p = 0; p < FeatureRows.Partitions; p++)
        {
            var partition = p;
            work.Add(Task.Run(() => WriteAsync(host, partition)));
        }

        await await Task.WhenAny(work);
    }

    private static async Task WriteAsync(FeatureHost host, int partition)
    {
        var random = new Random(Environment.ProcessId + partition);
        var next = (await host.Channel.GetRangeAsync(partition.ToString(CultureInfo.InvariantCulture))).Last + 1;
        while (true)
        {
            var count = random.Next(1, 25);
            var last = await host.Channel.WriteAsync(FeatureRows.Of(partition, next, count), partition);
            next = last + 1;
            Say($"W {partition} {last}");
            if (random.Next(4) == 0)
                await Task.Delay(random.Next(10));
        }
    }

    private static async Task IngestAsync(FeatureHost host)
    {
        const int rows = FeatureRows.BatchRows * FeatureRows.BatchesPerIngestion;
        for (var number = (await host.Store.GetStatusAsync("orders")).OfflineRows / rows; ; number++)
        {
            await IngestAsync(host.Store, number);
            Say($"B {number}");
        }
    }

    /// <summary>One ingestion in three batches; what of it is there already is recognised.</summary>
    public static async Task IngestAsync(IFeatureStore store, long number)
    {
        const int rows = FeatureRows.BatchRows * FeatureRows.BatchesPerIngestion;
        await store.Sources.IngestAsync(
            "orders", FeatureSource.Frames(One(FeatureRows.Of(-1, number * rows, rows))), $"orders/{number}", new SourceOptions { RowsPerBatch = FeatureRows.BatchRows });
    }

    private static async Task MaterializeAsync(FeatureHost host)
    {
        while (true)
        {
            await host.Store.MaterializeAsync("orders", FeatureRows.End);
            Say("M");
            await Task.Delay(30);
        }
    }

    private static async Task DeriveAsync(FeatureHost host)
    {
        while (true)
        {
            await host.Store.Sources.RefreshAsync("copies", new SourceOptions { RowsPerBatch = 7 });
            Say("R");
            await Task.Delay(20);
        }
    }

    private static async IAsyncEnumerable<DataFrame> One(DataFrame rows)
    {
        await Task.CompletedTask;
        yield return rows;
    }

    private static void Say(string what)
    {
        lock (Output)
        {
            Console.Out.WriteLine(what + " .");
            Console.Out.Flush();
        }
    }
}
