namespace MlOps.Features.Tests;

public sealed class IngestionTests
{
    [Fact]
    public async Task Ingest_SameBatchKeyAgain_AddsNothing()
    {
        await using var open = new OpenStore();
        var rows = Flights.Rows(200);
        (await open.Store.IngestAsync("origin", rows, "b1")).Should().Be(new IngestResult(200, false));
        (await open.Store.IngestAsync("origin", rows, "b1")).Should().Be(new IngestResult(200, true));
        var store = await open.ReopenAsync();
        (await store.IngestAsync("origin", rows, "b1")).WasPresent.Should().BeTrue();
        (await store.GetStatusAsync("origin")).OfflineRows.Should().Be(200);
    }

    [Fact]
    public async Task Ingest_SameBatchKeyWithOtherRows_IsRefused()
    {
        await using var open = new OpenStore();
        await open.Store.IngestAsync("origin", Flights.Rows(20), "b1");
        var again = async () => await open.Store.IngestAsync("origin", Flights.Rows(21), "b1");
        await again.Should().ThrowAsync<InvalidInputException>().WithMessage("*'b1'*20 rows*21*different key*");
    }

    [Fact]
    public async Task Ingest_SameBatchKeyFromManyCallers_AddsItOnce()
    {
        await using var open = new OpenStore();
        var rows = Flights.Rows(100);
        var results = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () => await open.Store.IngestAsync("origin", rows, "b1"))));
        results.Count(result => !result.WasPresent).Should().Be(1);
        (await open.Store.GetStatusAsync("origin")).OfflineRows.Should().Be(100);
        Directory.GetFiles(open.Folder, "*.seg", SearchOption.AllDirectories).Should().ContainSingle();
    }

    [Fact]
    public async Task Ingest_EmptyBatch_IsRecordedWithoutAFile()
    {
        await using var open = new OpenStore();
        (await open.Store.IngestAsync("origin", Flights.Rows(0), "empty")).Rows.Should().Be(0);
        (await open.Store.IngestAsync("origin", Flights.Rows(0), "empty")).WasPresent.Should().BeTrue();
    }

    [Fact]
    public async Task Ingest_ManySmallBatches_MergesThemAndKeepsTheJoin()
    {
        await using var small = new OpenStore(options: new FeatureStoreOptions { MaxSegments = 6 });
        await using var whole = new OpenStore();
        var rows = Flights.Rows(2_000);
        foreach (var view in Flights.Views())
        {
            await whole.Store.IngestAsync(view.Name, rows, "all");
            for (var i = 0; i < 40; i++)
                await small.Store.IngestAsync(view.Name, rows.Slice(i * 50, 50), $"b{i}");
        }

        (await small.Store.Offline.CompactAsync("origin")).SegmentsAfter.Should().BeLessThanOrEqualTo(6);
        (await small.Store.GetStatusAsync("origin")).Segments.Should().BeLessThanOrEqualTo(6);
        var left = await small.Store.GetTrainingFrameAsync(rows.Select("scheduled", "origin", "destination"), "scheduled", "flight-delay");
        var right = await whole.Store.GetTrainingFrameAsync(rows.Select("scheduled", "origin", "destination"), "scheduled", "flight-delay");
        Frames.ShouldBeSameBits(left, right, small.Store.FeatureNamesOf("flight-delay"));
        var reopened = await small.ReopenAsync();
        Frames.ShouldBeSameBits(await reopened.GetTrainingFrameAsync(rows.Select("scheduled", "origin", "destination"), "scheduled", "flight-delay"), right, reopened.FeatureNamesOf("flight-delay"));
    }

    [Theory]
    [InlineData("scheduled", "*lacks column(s) 'scheduled'*")]
    [InlineData("delay", "*lacks column(s) 'delay'*")]
    [InlineData("origin", "*lacks column(s) 'origin'*")]
    public async Task Ingest_WithoutAColumn_NamesIt(string column, string message)
    {
        await using var open = new OpenStore();
        var rows = Flights.Rows(5);
        var bad = rows.Select(rows.Columns.Select(c => c.Name).Where(name => name != column));
        var ingest = async () => await open.Store.IngestAsync("origin", bad, "b");
        await ingest.Should().ThrowAsync<InvalidInputException>().WithMessage(message);
        (await open.Store.GetStatusAsync("origin")).OfflineRows.Should().Be(0);
    }

    [Fact]
    public async Task Ingest_BadValues_AreRefusedWithColumnRowAndRemedy()
    {
        await using var open = new OpenStore();
        var rows = Flights.Rows(3);
        await Refused(rows.With(DataColumn.Create("origin", new[] { "A", null!, "B" })), "*key column 'origin' is null in row 1*");
        await Refused(rows.With(DataColumn.Create("origin", new[] { 1.5, double.NaN, 2 })), "*key column 'origin' holds Float64*String, Int32 or Int64*");
        await Refused(rows.With(DataColumn.Create("scheduled", new long[3])), "*time column 'scheduled' holds Int64, not Timestamp*");
        await Refused(rows.With(DataColumn.Create("scheduled", new Timestamp[3], [0b101UL])), "*'scheduled' is null in row 1*");
        await Refused(rows.With(DataColumn.Create("scheduled", new[] { Flights.Start, Flights.Start, new Timestamp(long.MaxValue) })), "*'scheduled'*row 2*1800 to 2262*");
        await Refused(rows.With(DataColumn.Create("delay", new[] { 1f, 2f, float.PositiveInfinity })), "*'delay' holds*row 2*scale*");
        await Refused(rows.With(DataColumn.Create("delay", new[] { 1e16, 2, 3 })), "*'delay' holds*row 0*smaller scale*");
        await Refused(rows.With(DataColumn.Create("delay", new[] { "a", "b", "c" })), "*'delay' holds String*");

        async Task Refused(DataFrame bad, string message)
        {
            var ingest = async () => await open.Store.IngestAsync("origin", bad, "b");
            await ingest.Should().ThrowAsync<InvalidInputException>().WithMessage(message);
            var push = async () => await open.Store.PushAsync("origin", bad, "s", 1);
            await push.Should().ThrowAsync<InvalidInputException>().WithMessage(message);
        }
    }

    [Fact]
    public async Task Ingest_ToAnUnknownView_SuggestsTheName()
    {
        await using var open = new OpenStore();
        var ingest = async () => await open.Store.IngestAsync("orgin", Flights.Rows(1), "b");
        await ingest.Should().ThrowAsync<NotFoundException>().WithMessage("*'orgin'*Did you mean 'origin'*");
    }

    [Fact]
    public async Task Store_WithAFlippedBit_NamesTheSegmentAndTheColumn()
    {
        await using var open = new OpenStore(services: [Flights.Service, FeatureService.Define("destinations").View("destination").Build()]);
        await open.Store.IngestAsync("origin", Flights.Rows(500), "b1");
        await open.Store.IngestAsync("destination", Flights.Rows(500), "b1");
        await open.Store.IngestAsync("route", Flights.Rows(500), "b1");
        open.Store.Dispose();
        var path = Directory.GetFiles(Path.Combine(open.Folder, "offline", "origin.v1"), "*.seg").Single();
        var bytes = await File.ReadAllBytesAsync(path);
        bytes[400] ^= 4;
        await File.WriteAllBytesAsync(path, bytes);
        var store = await open.ReopenAsync();
        var spine = Flights.Rows(5_000, first: 600).Select("scheduled", "origin", "destination");
        var join = async () => await store.GetTrainingFrameAsync(spine, "scheduled", "flight-delay");
        (await join.Should().ThrowAsync<CorruptDataException>()).Which.Message.Should().Contain(Path.GetFileName(path)).And.Contain("column");
        await store.IngestAsync("destination", Flights.Rows(500, first: 600), "b2");
        (await store.MaterializeAsync("destinations", Flights.Start + TimeSpan.FromDays(2))).Single().Rows.Should().BeGreaterThan(500, "other segments stay readable");
    }

    [Fact]
    public async Task Ingest_WithTheDiskFailingAtEveryOperation_IsThereOnceAfterTheRetry()
    {
        var rows = Flights.Rows(60);
        for (var failAt = 1; failAt <= 14; failAt++)
        {
            var files = new MemoryFiles();
            await using var environment = new MlOps.Testing.TestEnvironment();
            var context = environment.Context;
            var own = new EnvironmentContext
            {
                Name = context.Name, Kind = context.Kind, Directory = context.Directory, Files = files, Metadata = context.Metadata, Artifacts = context.Artifacts,
                Events = context.Events, Audit = context.Audit, Caller = context.Caller, Clock = context.Clock,
            };
            using (var store = new FeatureStore(own, Flights.Views(), [Flights.Service], new FeatureStoreOptions()))
            {
                await store.IngestAsync("origin", rows, "first");
                files.CrashAt = files.Operations + failAt;
                try
                {
                    await store.IngestAsync("origin", Flights.Rows(40, first: 60), "second");
                }
                catch (StorageException)
                {
                    // The host dies here; what was not flushed is gone.
                }
            }

            files.Restart(new Random(failAt));
            environment.Clock.Advance(TimeSpan.FromHours(1));
            using var again = new FeatureStore(own, Flights.Views(), [Flights.Service], new FeatureStoreOptions());
            await again.IngestAsync("origin", rows, "first");
            await again.IngestAsync("origin", Flights.Rows(40, first: 60), "second");
            var status = await again.GetStatusAsync("origin");
            status.OfflineRows.Should().Be(100, $"failure at operation {failAt}");
            files.ListFiles(Path.Combine(own.Directory, "features", "offline", "origin.v1")).Should().HaveCount(2);
            var frame = await again.GetTrainingFrameAsync(
                new DataFrame(
                    DataColumn.Create("origin", new[] { "A0", "A1", "A2", "A3", "A4" }), DataColumn.Create("destination", new string[5]),
                    DataColumn.Create("at", Enumerable.Repeat(Flights.Start + TimeSpan.FromDays(2), 5).ToArray())), "at", "flight-delay");
            frame.Column<float>("origin_delay_count_7d").Span.ToArray().Sum().Should().Be(100);
        }
    }

    [Fact]
    public async Task Store_AfterAnInterruptedIngestion_SweepsWhatItLeft()
    {
        await using var open = new OpenStore();
        await open.Store.IngestAsync("origin", Flights.Rows(50), "b1");
        var folder = Path.Combine(open.Folder, "offline", "origin.v1");
        await File.WriteAllTextAsync(Path.Combine(folder, "0123.seg.tmp"), "left behind");
        await File.WriteAllTextAsync(Path.Combine(folder, "4567.seg"), "left behind");
        var store = await open.ReopenAsync();
        await store.EnsureReadyAsync();
        Directory.GetFiles(folder).Should().ContainSingle();
        (await store.GetStatusAsync("origin")).OfflineRows.Should().Be(50);
    }
}
