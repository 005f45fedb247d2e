namespace MlOps.Features.Tests;

public sealed class CompactionTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Compaction_WithTheDiskFailingAtEveryOperation_LosesAndRepeatsNothing(bool isUpsert)
    {
        var failures = 0;
        for (var failAt = 1; ; failAt++)
        {
            var files = new MemoryFiles();
            await using var environment = new MlOps.Testing.TestEnvironment();
            var context = OtherFiles.With(environment.Context, files);
            var spine = Events.Spine(Events.Start, 100);
            string digest;
            var isDone = false;
            using (var store = new FeatureStore(context, [Events.View(isUpsert)], [Events.Service], new FeatureStoreOptions()))
            {
                for (var batch = 0; batch < 4; batch++)
                    await store.IngestAsync("events", Events.Rows(40, batch, Events.Start), $"b{batch}");
                digest = await Events.DigestAsync(store, spine);
                files.CrashAt = files.Operations + failAt;
                try
                {
                    await store.Offline.CompactAsync("events", whole: true);
                    isDone = files.Operations < files.CrashAt;
                }
                catch (StorageException)
                {
                    failures++;
                }
            }

            files.Restart(new Random(failAt));
            environment.Clock.Advance(TimeSpan.FromHours(1));
            using var again = new FeatureStore(context, [Events.View(isUpsert)], [Events.Service], new FeatureStoreOptions());
            (await Events.DigestAsync(again, spine)).Should().Be(digest, $"failure at operation {failAt}");
            for (var batch = 0; batch < 4; batch++)
                (await again.IngestAsync("events", Events.Rows(40, batch, Events.Start), $"b{batch}")).WasPresent.Should().BeTrue();
            await again.Offline.CompactAsync("events", whole: true);
            (await Events.DigestAsync(again, spine)).Should().Be(digest);
            var status = await again.GetStatusAsync("events");
            (status.OfflineRows, status.Segments).Should().Be((160, 1), "the horizon keeps replaced rows");
            (await again.Offline.VerifyAsync("events")).IsSound.Should().BeTrue();
            files.ListFiles(Path.Combine(context.Directory, "features", "offline", "events.v1")).Should().ContainSingle();
            if (isDone)
                break;
        }

        failures.Should().BeGreaterThan(8);
    }

    [Fact]
    public async Task Compaction_BesideIngestionAndJoins_NeverShowsAHalfOrDoubleState()
    {
        await using var open = new OpenStore([Events.View()], [Events.Service], new FeatureStoreOptions { MaxSegments = 4 });
        var store = open.Store;
        await store.EnsureReadyAsync();
        var spine = new DataFrame(
            DataColumn.Create("who", Enumerable.Range(0, 10).Select(i => "K" + i).ToArray()), DataColumn.Create("when", Enumerable.Repeat(Events.Start + TimeSpan.FromHours(23), 10).ToArray()));
        var writers = Enumerable.Range(0, 2).Select(writer => Task.Run(async () =>
        {
            for (var batch = 0; batch < 25; batch++)
                await store.IngestAsync("events", Events.Rows(20, batch, Events.Start), $"{writer}/{batch}");
        })).ToArray();
        var readers = Enumerable.Range(0, 2).Select(_ => Task.Run(async () =>
        {
            var last = 0f;
            while (last < 1000)
            {
                var isLast = Task.WhenAll(writers).IsCompleted;
                var frame = await store.GetTrainingFrameAsync(spine, "when", "events");
                var count = frame.Column<float>("events_amount_count_24h").Span.ToArray().Sum();
                count.Should().BeGreaterThanOrEqualTo(last);
                (count % 20).Should().Be(0, "batches are seen whole");
                last = count;
                if (isLast)
                    break;
            }

            return last;
        })).ToArray();
        await Task.WhenAll(writers);
        (await Task.WhenAll(readers)).Should().Equal(1000f, 1000f);
        var result = await store.Offline.CompactAsync("events");
        result.SegmentsAfter.Should().BeLessThanOrEqualTo(4);
        Directory.GetFiles(open.Folder, "*.seg", SearchOption.AllDirectories).Should().HaveCount(result.SegmentsAfter, "merged segments are deleted");
    }

    [Fact]
    public async Task TwoStoresOverOneDirectory_MergeEraseAndIngestAtOnce_AgreeInTheEnd()
    {
        await using var open = new OpenStore([Events.View()], [Events.Service]);
        using var other = new FeatureStore(open.Environment.Context, [Events.View()], [Events.Service], new FeatureStoreOptions());
        var stores = new[] { open.Store, other };
        for (var batch = 0; batch < 10; batch++)
            await stores[batch % 2].IngestAsync("events", Events.Rows(50, batch, Events.Start, "E1", "E2"), $"b{batch}");
        var spine = Events.Spine(Events.Start);
        var digest = await Events.DigestAsync(other, spine);
        await Task.WhenAll(
            Task.Run(async () => await open.Store.Offline.CompactAsync("events", whole: true)),
            Task.Run(async () => await other.Offline.CompactAsync("events", whole: true)),
            Task.Run(async () => await open.Store.EraseAsync("events", ["E1"])),
            Task.Run(async () => await other.OfflineOf("events").EraseAsync(["E2"], default)));
        foreach (var store in stores)
        {
            (await Events.DigestAsync(store, spine)).Should().Be(digest);
            var frame = await store.GetTrainingFrameAsync(Events.Spine(Events.Start, 130, "E1", "E2"), "when", "events");
            for (var row = 0; row < frame.RowCount; row++)
            {
                if (frame.Column<string>("who")[row] is "E1" or "E2")
                    frame.Column<float>("events_amount_count_24h")[row].Should().Be(0);
            }

            (await store.Offline.VerifyAsync("events")).IsSound.Should().BeTrue();
        }
    }

    [Fact]
    public async Task BatchOfSeveralRuns_EqualsTheSameRowsInOneSegment()
    {
        await using var open = new OpenStore([Events.View(isUpsert: true)], [Events.Service], new FeatureStoreOptions { RunRows = 30_000 });
        await using var whole = new OpenStore([Events.View(isUpsert: true)], [Events.Service]);
        // Three runs; ties across them are common, and the later row wins.
        var rows = Events.Rows(2 * 30_000 + 1000, 1, Events.Start);
        await open.Store.IngestAsync("events", rows, "all");
        (await open.Store.GetStatusAsync("events")).Segments.Should().Be(3);
        var digest = await Events.DigestAsync(open.Store, Events.Spine(Events.Start));
        var last = rows.Slice(rows.RowCount - 50_000, 50_000);
        await whole.Store.IngestAsync("events", last, "tail");
        digest.Should().Be(await Events.DigestAsync(whole.Store, Events.Spine(Events.Start)), "every moment of every entity is replaced by its last row");
        await open.Store.Offline.CompactAsync("events", whole: true);
        (await Events.DigestAsync(open.Store, Events.Spine(Events.Start))).Should().Be(digest);
    }

    [Fact]
    public async Task BatchOfSeveralRuns_WithABadRowInALaterOne_IsRefusedWholeWithItsRow()
    {
        await using var open = new OpenStore([Events.View()], [Events.Service], new FeatureStoreOptions { RunRows = 1000 });
        var rows = Events.Rows(1010, 1, Events.Start);
        var amount = rows.Column<double>("amount").Span.ToArray();
        amount[^3] = 1e300;
        var ingest = async () => await open.Store.IngestAsync("events", rows.With(DataColumn.Create("amount", amount)), "b");
        await ingest.Should().ThrowAsync<InvalidInputException>().WithMessage($"*'amount'*row 1007*");
        (await open.Store.GetStatusAsync("events")).OfflineRows.Should().Be(0);
        Directory.GetFiles(open.Folder, "*.seg*", SearchOption.AllDirectories).Should().BeEmpty();
    }

    [Fact]
    public async Task Verify_OfADamagedStore_NamesFileAndPartAndOthersStaySound()
    {
        await using var open = new OpenStore([Events.View()], [Events.Service]);
        await open.Store.IngestAsync("events", Events.Rows(500, 1, Events.Start), "b1");
        await open.Store.IngestAsync("events", Events.Rows(500, 2, Events.Start), "b2");
        await open.Store.IngestAsync("events", Events.Rows(500, 3, Events.Start), "b3");
        (await open.Store.Offline.VerifyAsync("events")).Should().Match<OfflineVerification>(report => report.IsSound && report.Segments == 3 && report.Bytes > 10_000);
        open.Store.Dispose();
        var paths = Directory.GetFiles(open.Folder, "*.seg", SearchOption.AllDirectories);
        Flip(paths[0], 500);
        Flip(paths[1], (int)new FileInfo(paths[1]).Length - 100);
        var report = await (await open.ReopenAsync()).Offline.VerifyAsync("events");
        report.Damages.Should().HaveCount(2);
        report.Damages.Should().Contain(damage => damage.File == paths[0] && damage.Part.Contains("row group 0"));
        report.Damages.Should().Contain(damage => damage.File == paths[1] && damage.Part.Contains("trailer"));

        static void Flip(string path, int at)
        {
            var bytes = File.ReadAllBytes(path);
            bytes[at] ^= 16;
            File.WriteAllBytes(path, bytes);
        }
    }
}
