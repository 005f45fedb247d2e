namespace MlOps.Features.Tests;

public sealed class OnlineStoreTests
{
    private static readonly Timestamp Later = Flights.Start + TimeSpan.FromDays(1);

    [Fact]
    public async Task Materialize_ThenRead_EqualsTheJoinAtThatMoment()
    {
        await using var open = new OpenStore();
        var rows = Flights.Rows(3_000);
        await TrainingFrameTests.Fill(open.Store, rows);
        var results = await open.Store.MaterializeAsync("flight-delay", Later);
        results.Select(result => result.View).Should().Equal("origin", "destination", "route");
        results.Should().OnlyContain(result => result.Rows > 1_000 && result.UpTo == Later);
        await ReadsEqualJoin(open.Store, Later);
        await ReadsEqualJoin(await open.ReopenAsync(), Later);
    }

    [Fact]
    public async Task Materialize_UpToTheEndOfTime_KeepsTheNewestWindows()
    {
        await using var open = new OpenStore();
        var rows = Flights.Rows(2_000);
        await TrainingFrameTests.Fill(open.Store, rows);
        await open.Store.MaterializeAsync("flight-delay", Timestamp.MaxValue);
        await ReadsEqualJoin(open.Store, rows.Column<Timestamp>("known_at").Span.ToArray().Max());
    }

    [Fact]
    public async Task Push_OfARowFromTheFuture_IsRefused()
    {
        await using var open = new OpenStore();
        var rows = Flights.Rows(2);
        rows = rows.With(DataColumn.Create("known_at", new[] { Flights.Start, Timestamp.Utc(2026, 1, 1) }));
        var push = async () => await open.Store.PushAsync("origin", rows, "s", 0);
        await push.Should().ThrowAsync<InvalidInputException>().WithMessage("*'known_at' says 2026*row 1*");
    }

    [Fact]
    public async Task Materialize_Again_DoesNothing()
    {
        await using var open = new OpenStore();
        await TrainingFrameTests.Fill(open.Store, Flights.Rows(2_000));
        await open.Store.MaterializeAsync("flight-delay", Later);
        (await open.Store.MaterializeAsync("flight-delay", Later)).Should().OnlyContain(result => result.Rows == 0);
        (await (await open.ReopenAsync()).MaterializeAsync("flight-delay", Later - TimeSpan.FromHours(5))).Should().OnlyContain(result => result.Rows == 0 && result.UpTo == Later);
        await ReadsEqualJoin(open.Store, Later);
    }

    [Fact]
    public async Task Materialize_InSteps_WithALateBatchBetween_EqualsTheJoin()
    {
        await using var open = new OpenStore();
        var rows = Flights.Rows(3_000);
        await TrainingFrameTests.Fill(open.Store, rows.Slice(500, 2_500), "most");
        await open.Store.MaterializeAsync("flight-delay", Later - TimeSpan.FromHours(12));
        await TrainingFrameTests.Fill(open.Store, rows.Slice(0, 500), "late");
        (await open.Store.MaterializeAsync("flight-delay", Later - TimeSpan.FromHours(12)))[0].Rows.Should().BeGreaterThan(0, "rows of a late batch are found although they were known before the last time");
        await open.Store.MaterializeAsync("flight-delay", Later);
        await ReadsEqualJoin(open.Store, Later);
    }

    [Fact]
    public async Task Stream_AfterMaterialisation_EqualsTheJoin_AcrossRestartsAndRepetitions()
    {
        await using var open = new OpenStore(options: new FeatureStoreOptions { SnapshotLogBytes = 20_000 });
        var rows = Flights.Rows(3_000);
        await TrainingFrameTests.Fill(open.Store, rows);
        var begin = Flights.Start + TimeSpan.FromHours(10);
        await open.Store.MaterializeAsync("flight-delay", begin);
        var known = rows.Column<Timestamp>("known_at");
        var order = Enumerable.Range(0, rows.RowCount).Where(row => known[row] > begin && known[row] <= Later).OrderBy(row => known[row]).ToArray();
        var store = open.Store;
        for (int at = 0, offset = 0; at < order.Length; at += 70, offset++)
        {
            var chunk = rows.Take(order.AsSpan(at, Math.Min(70, order.Length - at)));
            foreach (var view in store.Views)
            {
                (await store.PushAsync(view.Name, chunk, "landings", offset)).Should().Be(new PushResult(chunk.RowCount, false));
                (await store.PushAsync(view.Name, chunk, "landings", offset)).Should().Be(new PushResult(0, true));
            }

            if (offset % 5 == 4)
                store = await open.ReopenAsync();
        }

        await ReadsEqualJoin(store, Later);
        (await store.MaterializeAsync("flight-delay", begin)).Should().OnlyContain(result => result.Rows == 0, "a second run of the same program finds its history online");
        var further = async () => await store.MaterializeAsync("flight-delay", Later);
        await further.Should().ThrowAsync<InvalidInputException>().WithMessage("*fed by pushes*Rebuild*");
        await ReadsEqualJoin(store, Later);
        var early = async () => await store.MaterializeAsync("flight-delay", begin, new MaterializeOptions { Rebuild = true });
        await early.Should().ThrowAsync<InvalidInputException>().WithMessage("*would lose them*");
        await store.MaterializeAsync("flight-delay", Later, new MaterializeOptions { Rebuild = true });
        await ReadsEqualJoin(store, Later);
    }

    [Fact]
    public async Task Push_FromManyCallers_IsAppliedOncePerOffset()
    {
        await using var open = new OpenStore();
        var rows = Flights.Rows(64);
        await Task.WhenAll(Enumerable.Range(0, 256).Select(i => Task.Run(async () =>
            await open.Store.PushAsync("origin", rows.Slice(i % 64, 1), $"source-{i % 64}", 0))));
        var source = await open.Store.GetVectorSourceAsync("flight-delay");
        var total = 0f;
        var values = new float[source.FeatureNames.Count];
        for (var airport = 0; airport < 5; airport++)
        {
            await source.ReadAsync(new[] { $"A{airport}", "A0" }, Later, values);
            total += values[source.FeatureNames.ToList().IndexOf("origin_delay_count_7d")];
        }

        total.Should().Be(64);
    }

    [Fact]
    public async Task Reads_BesideAWriter_AreNeverTorn()
    {
        // Every push adds one to the count and 7 to the sum, so the mean of a whole read is always exactly 7.
        await using var open = new OpenStore();
        var source = await open.Store.GetVectorSourceAsync("flight-delay");
        var names = source.FeatureNames.ToList();
        int count = names.IndexOf("origin_delay_count_7d"), mean = names.IndexOf("origin_delay_mean_7d");
        using var stop = new CancellationTokenSource();
        var reader = Task.Run(async () =>
        {
            var values = new float[names.Count];
            var keys = new[] { "A0", "A1" };
            var reads = 0;
            var last = 0f;
            while (!stop.IsCancellationRequested)
            {
                await source.ReadAsync(keys, Later, values);
                values[count].Should().BeGreaterThanOrEqualTo(last);
                last = values[count];
                if (last > 0)
                    values[mean].Should().Be(7f);
                reads++;
            }

            return reads;
        });
        var one = Flights.Rows(200);
        one = one.With(DataColumn.Create("delay", Enumerable.Repeat(7f, 200).ToArray()), DataColumn.Create("origin", Enumerable.Repeat("A0", 200).ToArray()));
        for (var i = 0; i < 200; i++)
            await open.Store.PushAsync("origin", one, "s", i);
        await stop.CancelAsync();
        (await reader).Should().BeGreaterThan(0);
    }

    [Fact]
    public async Task Read_OfAService_AllocatesNothing()
    {
        await using var open = new OpenStore();
        await TrainingFrameTests.Fill(open.Store, Flights.Rows(1_000));
        await open.Store.MaterializeAsync("flight-delay", Later);
        var source = await open.Store.GetVectorSourceAsync("flight-delay");
        var keys = new[] { "A1", "A2" };
        var values = new float[source.FeatureNames.Count];
        long Measure(int reads)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < reads; i++)
                source.ReadAsync(keys, Later, values).GetAwaiter().GetResult();
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Measure(100);
        Measure(1_000).Should().Be(0);
    }

    [Fact]
    public async Task Read_WithWrongKeysOrRoom_SaysWhatIsExpected()
    {
        await using var open = new OpenStore();
        var source = await open.Store.GetVectorSourceAsync("flight-delay");
        source.Id.Should().MatchRegex("^flight-delay@[0-9a-f]{16}$").And.Be(open.Store.IdOf("flight-delay"));
        source.KeyNames.Should().Equal("origin", "destination");
        var one = async () => await source.ReadAsync(new[] { "A" }, Later, new float[99]);
        await one.Should().ThrowAsync<InvalidInputException>().WithMessage("*takes 2 key(s) (origin, destination); 1*");
        var small = async () => await source.ReadAsync(new[] { "A", "B" }, Later, new float[3]);
        await small.Should().ThrowAsync<InvalidInputException>().WithMessage("*30 features*room for 3*");
    }

    private static async Task ReadsEqualJoin(FeatureStore store, Timestamp at)
    {
        var source = await store.GetVectorSourceAsync("flight-delay");
        string[] airports = ["A0", "A1", "A2", "A3", "A4", "nowhere"];
        var pairs = airports.SelectMany(from => airports.Select(to => (From: from, To: to))).ToArray();
        var spine = new DataFrame(
            DataColumn.Create("origin", pairs.Select(pair => pair.From).ToArray()), DataColumn.Create("destination", pairs.Select(pair => pair.To).ToArray()),
            DataColumn.Create("at", Enumerable.Repeat(at, pairs.Length).ToArray()));
        var joined = await store.GetTrainingFrameAsync(spine, "at", "flight-delay");
        var read = source.FeatureNames.Select(_ => new float[pairs.Length]).ToArray();
        var values = new float[source.FeatureNames.Count];
        for (var row = 0; row < pairs.Length; row++)
        {
            await source.ReadAsync(new[] { pairs[row].From, pairs[row].To }, at, values);
            for (var f = 0; f < values.Length; f++)
                read[f][row] = values[f];
        }

        Frames.ShouldBeSameBits(new DataFrame(source.FeatureNames.Select((name, f) => DataColumn.Create(name, read[f]))), joined, source.FeatureNames);
        joined.Column<float>("origin_delay_count_24h").Span.ToArray().Max().Should().BeGreaterThan(10);
    }
}
