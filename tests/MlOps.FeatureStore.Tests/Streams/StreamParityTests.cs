namespace MlOps.Features.Tests;

public sealed class StreamParityTests
{
    [Fact]
    public async Task Stream_OverRandomHistoriesPiecesRepetitionsAndRestarts_EqualsTheOfflineJoinAndTheOracle()
    {
        var compared = 0;
        for (var seed = 0; seed < 30; seed++)
            compared += await RunAsync(seed, everyRecord: false);
        compared.Should().BeGreaterThan(1_000);
    }

    [Theory]
    [InlineData(101)]
    [InlineData(102)]
    [InlineData(103)]
    public async Task Stream_RestartedAtEveryRecord_EqualsTheOfflineJoinAndTheOracle(int seed) =>
        (await RunAsync(seed, everyRecord: true)).Should().BePositive();

    private static async Task<int> RunAsync(int seed, bool everyRecord)
    {
        var draw = new HistoryGenerator(seed);
        var random = draw.Random;
        var view = draw.View();
        var rows = draw.Rows(everyRecord ? 25 : 60);
        var service = FeatureService.Define("service").View("view").Build();
        await using var open = new OpenStore([view], [service], new FeatureStoreOptions { ReadLag = TimeSpan.FromDays(100_000), SnapshotLogBytes = random.Next(2) == 0 ? 400 : 1 << 20, MaxSegments = 4 });

        // Deliveries of any sizes, every now and then one that came before.
        var deliveries = new List<ListSource.Delivery>();
        for (var at = 0; at < rows.Count;)
        {
            var take = everyRecord ? 1 : random.Next(1, Math.Min(12, rows.Count - at) + 1);
            var back = random.Next(3) == 0 ? random.Next(at + 1) : at;
            deliveries.Add(new ListSource.Delivery(back, RawRow.Frame(rows.GetRange(back, at + take - back))));
            at += take;
        }

        var next = 0;
        while (next < deliveries.Count)
        {
            var stop = everyRecord ? next + 1 : random.Next(next, deliveries.Count) + 1;
            var job = new StreamJob
            {
                Name = "job", View = "view", Source = new ListSource(deliveries, delivery => delivery >= stop), PushRows = random.Next(1, 20), LandRows = random.Next(1, 40),
                // A run without landing leaves what a crash between the two would: the online store ahead of the offline one.
                LandOffline = stop == deliveries.Count || random.Next(3) != 0,
            };
            await open.Store.Streams.RunAsync(job);
            next = stop;
            if (random.Next(2) == 0 || everyRecord)
            {
                await open.ReopenAsync();
                if (random.Next(4) == 0 && Directory.Exists(Path.Combine(open.Folder, "online")))
                    Directory.Delete(Path.Combine(open.Folder, "online"), recursive: true);
            }
        }

        // Whatever was left behind online or offline is fetched from the stream.
        await open.Store.Streams.RunAsync(new StreamJob { Name = "job", View = "view", Source = new ListSource(deliveries) });
        (await open.Store.GetStatusAsync("view")).OfflineRows.Should().Be(rows.Count, $"seed {seed}");
        var source = await open.Store.OpenSourceAsync("service", false, default);
        var compared = 0;
        for (var q = 0; q < 12; q++)
        {
            var (k1, k2, at) = (draw.Key(), draw.Key(), draw.Question(view, rows));
            var spine = new DataFrame(DataColumn.Create("k1", [k1]), DataColumn.Create("k2", [k2]), DataColumn.Create("moment", [new Timestamp(at)]));
            var joined = await open.Store.GetTrainingFrameAsync(spine, "moment", "service");
            var oracle = Oracle.Ask(view, rows, k1, k2, at, at);
            var values = new FeatureValue[source.FeatureNames.Count];
            ((ITypedVectorSource)source).Read(source.KeyNames.Select(name => name == "k1" ? k1 : k2).ToArray(), [], new Timestamp(at), values);
            object?[] online = [.. values.Select(value => value.Type switch { DataType.Float32 => value.ToSingle(), DataType.Float64 => value.ToDouble(), _ => value.ToObject() })];
            compared += ParityCheck.Same(online, oracle, q, "online after streams", q);
            compared += ParityCheck.Same([.. source.FeatureNames.Select(name => joined[name].GetValue(0))], oracle, q, "offline after streams", q);
        }

        return compared;
    }
}
