namespace MlOps.Features.Tests;

public sealed class TimeTravelTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task TrainingFrame_AsOfAMomentAfter100Backfills_HasTheDigestOfThatMoment(bool isUpsert)
    {
        await using var open = new OpenStore([Events.View(isUpsert)], [Events.Service], new FeatureStoreOptions { MaxSegments = 8 });
        var store = open.Store;
        var spine = Events.Spine(Events.Start);
        var random = new Random(5);
        var seen = new List<(Timestamp At, string Digest)> { (Now(), await Events.DigestAsync(store, spine)) };
        for (var batch = 0; batch < 100; batch++)
        {
            open.Environment.Clock.Advance(TimeSpan.FromMinutes(1));
            await store.IngestAsync("events", Events.Rows(40, batch, Events.Start + TimeSpan.FromHours(random.Next(12))), $"backfill {batch}");
            if (batch % 5 == 0)
                seen.Add((Now(), await Events.DigestAsync(store, spine)));
        }

        seen.Select(pair => pair.Digest).Distinct().Should().HaveCount(seen.Count, "each backfill changes something");
        await Check("after merges in the background");
        (await store.Offline.CompactAsync("events", whole: true)).Should().Match<CompactionResult>(result => result.SegmentsAfter == 1 && result.RowsDropped == 0);
        await Check("after one merge of all");
        store = await open.ReopenAsync();
        await Check("after a restart");

        async Task Check(string when)
        {
            foreach (var (at, digest) in seen)
                (await Events.DigestAsync(store, spine, at)).Should().Be(digest, $"{when}, at {at}");
        }

        Timestamp Now() => Timestamp.From(open.Environment.Clock.GetUtcNow());
    }

    [Fact]
    public async Task Compaction_DropsReplacedRowsBeyondTheHorizonAndRefusesEarlierMoments()
    {
        await using var open = new OpenStore([Events.View(isUpsert: true)], [Events.Service], new FeatureStoreOptions { TimeTravelHorizon = TimeSpan.FromDays(1) });
        var store = open.Store;
        var spine = Events.Spine(Events.Start);
        await Ingest(1);
        var first = Timestamp.From(open.Environment.Clock.GetUtcNow());
        open.Environment.Clock.Advance(TimeSpan.FromHours(2));
        await Ingest(2);
        var second = Timestamp.From(open.Environment.Clock.GetUtcNow());
        var (atFirst, atSecond) = (await Events.DigestAsync(store, spine, first), await Events.DigestAsync(store, spine));
        (await store.Offline.CompactAsync("events", whole: true)).RowsDropped.Should().Be(0, "both moments may still be asked for");
        (await Events.DigestAsync(store, spine, first)).Should().Be(atFirst);

        open.Environment.Clock.Advance(TimeSpan.FromHours(23));
        (await store.Offline.CompactAsync("events", whole: true)).RowsDropped.Should().BeLessThan(150, "the second commit is younger than the horizon, so only what the first replaced of itself may go");
        open.Environment.Clock.Advance(TimeSpan.FromHours(2));
        (await store.Offline.CompactAsync("events", whole: true)).RowsDropped.Should().BeGreaterThan(250);
        (await Events.DigestAsync(store, spine)).Should().Be(atSecond);
        var early = async () => await Events.DigestAsync(store, spine, first);
        await early.Should().ThrowAsync<InvalidInputException>().WithMessage($"*'events'*{first}*earliest moment*TimeTravelHorizon*1.00:00:00*");
        (await Events.DigestAsync(store, spine, second + TimeSpan.FromHours(24))).Should().Be(atSecond);

        // The same entities and moments with other amounts.
        async Task Ingest(int seed)
        {
            var rows = Events.Rows(400, 1, Events.Start);
            await store.IngestAsync("events", rows.With(Events.Rows(400, seed, Events.Start)["amount"]), $"b{seed}");
        }
    }

    [Fact]
    public async Task Retention_HidesRowsAtOnceAndMergesDropThemBeyondTheHorizon()
    {
        var kept = TimeSpan.FromDays(10);
        await using var open = new OpenStore([Events.View(retention: kept)], [Events.Service], new FeatureStoreOptions { TimeTravelHorizon = TimeSpan.FromDays(1) });
        var store = open.Store;
        var start = Timestamp.From(open.Environment.Clock.GetUtcNow());
        await store.IngestAsync("events", Events.Rows(300, 1, start), "old");
        await store.IngestAsync("events", Events.Rows(300, 2, start + TimeSpan.FromDays(5)), "new");
        var spine = Events.Spine(start + TimeSpan.FromHours(1));
        var all = await Events.DigestAsync(store, spine);
        var nothing = await Events.DigestAsync(store, Events.Spine(start + TimeSpan.FromHours(1)).With(DataColumn.Create("who", Enumerable.Repeat("unknown", 300).ToArray())));

        // Ten days later the old rows are beyond retention, but may be asked for as of yesterday.
        open.Environment.Clock.Advance(TimeSpan.FromDays(10.5));
        var hidden = await Events.DigestAsync(store, spine);
        hidden.Should().NotBe(all);
        (await Events.DigestAsync(store, spine, start + TimeSpan.FromDays(9.9))).Should().Be(all);
        (await store.Offline.CompactAsync("events")).Should().Be(new CompactionResult(2, 2, 0, 0));

        open.Environment.Clock.Advance(TimeSpan.FromDays(1));
        (await store.Offline.CompactAsync("events")).Should().Be(new CompactionResult(2, 1, 0, 300));
        Directory.GetFiles(open.Folder, "*.seg", SearchOption.AllDirectories).Should().ContainSingle("a segment whose rows are all expired goes without being read");
        (await Events.DigestAsync(store, spine)).Should().Be(await Events.DigestAsync(await open.ReopenAsync(), spine));
        var early = async () => await Events.DigestAsync(open.Store, spine, start + TimeSpan.FromDays(9.9));
        await early.Should().ThrowAsync<InvalidInputException>().WithMessage("*earliest moment*");

        // Rows of one segment that straddle the edge go when it is merged.
        open.Environment.Clock.Advance(TimeSpan.FromDays(4) + TimeSpan.FromHours(15));
        var result = await open.Store.Offline.CompactAsync("events", whole: true);
        result.RowsDropped.Should().BeInRange(1, 299);
        (await open.Store.GetStatusAsync("events")).OfflineRows.Should().Be(300 - result.RowsDropped);
        nothing.Should().NotBe(all);
    }

    [Fact]
    public async Task Commits_UnderAClockThatGoesBack_KeepTheirOrder()
    {
        await using var open = new OpenStore([Events.View()], [Events.Service]);
        var spine = Events.Spine(Events.Start);
        await open.Store.IngestAsync("events", Events.Rows(50, 1, Events.Start), "b1");
        var digest = await Events.DigestAsync(open.Store, spine);
        var at = Timestamp.From(open.Environment.Clock.GetUtcNow());
        var earlier = new MlOps.Testing.FakeClock(open.Environment.Clock.GetUtcNow() - TimeSpan.FromHours(3));
        using (var other = new FeatureStore(OtherFiles.With(open.Environment.Context, clock: earlier), [Events.View()], [Events.Service], new FeatureStoreOptions()))
            await other.IngestAsync("events", Events.Rows(50, 2, Events.Start), "b2");
        (await Events.DigestAsync(open.Store, spine, at - TimeSpan.FromHours(1))).Should().NotBe(digest, "before the first batch nothing was there");
        (await Events.DigestAsync(open.Store, spine, at)).Should().Be(await Events.DigestAsync(open.Store, spine), "both belong to the same moment");
    }
}
