namespace MlOps.Features.Tests;

public sealed class TrainingFramesTests
{
    [Fact]
    public async Task Frame_AsKnownThen_IsTheSameByDigestAfterAHundredBackfills()
    {
        await using var open = new OpenStore();
        var random = new Random(5);
        var rows = Flights.Rows(1_500);
        await TrainingFrameTests.Fill(open.Store, rows);
        var spine = rows.Select("scheduled", "origin", "destination");
        var then = Timestamp.From(open.Environment.Clock.GetUtcNow());
        var before = await open.Store.Frames.CreateAsync("before", spine, "scheduled", "flight-delay", new TrainingFrameOptions { StoreAsOf = then });
        var known = await open.Store.Frames.CreateAsync("known", spine, "scheduled", "flight-delay");
        var end = rows.Column<Timestamp>("scheduled").Span.ToArray().Max();
        for (var i = 0; i < 100; i++)
        {
            open.Environment.Clock.Advance(TimeSpan.FromMinutes(1));
            var batch = Flights.Rows(random.Next(1, 40), seed: 100 + i, first: random.Next(1_500));
            // Learnt after the last moment that is asked about.
            batch = batch.With(DataColumn.Create("known_at", batch.Column<Timestamp>("known_at").Span.ToArray().Select(_ => end + TimeSpan.FromMinutes(random.Next(1, 5_000))).ToArray()));
            await TrainingFrameTests.Fill(open.Store, batch, $"backfill {i}");
        }

        (await open.Store.Frames.CreateAsync("known again", spine, "scheduled", "flight-delay")).Digest.Should().Be(known.Digest);
        // Learnt long ago by the rows' own account, but not by the store's.
        for (var i = 0; i < 20; i++)
            await TrainingFrameTests.Fill(open.Store, Flights.Rows(random.Next(1, 40), seed: 300 + i, first: random.Next(1_500)), $"late {i}");
        (await open.Store.Frames.CreateAsync("before", spine, "scheduled", "flight-delay", new TrainingFrameOptions { StoreAsOf = then })).Digest.Should().Be(before.Digest);
        (await open.Store.Frames.CreateAsync("now", spine, "scheduled", "flight-delay")).Digest.Should().NotBe(known.Digest, "the store holds more now");
        before.Digest.Should().Be(known.Digest);
    }

    [Fact]
    public async Task Frame_Saved_IsListedOpenedStoredOnceAndDeleted()
    {
        await using var open = new OpenStore();
        var rows = Flights.Rows(300);
        await TrainingFrameTests.Fill(open.Store, rows);
        var spine = rows.Select("scheduled", "origin", "destination");
        var options = new TrainingFrameOptions { ServingLag = TimeSpan.FromMinutes(3), Known = KnownClock.Corrected };
        var record = await open.Store.Frames.CreateAsync("flights", spine, "scheduled", "flight-delay", options);
        record.Should().BeEquivalentTo(new { Name = "flights", Rows = 300L, Service = "flight-delay", ServiceId = open.Store.IdOf("flight-delay"), Options = options });
        record.Commits.Should().Equal(new Dictionary<string, long> { ["origin"] = 1, ["destination"] = 1, ["route"] = 1 });
        var blobs = (await open.Environment.Context.Artifacts.GetUsageAsync()).Blobs;
        var frame = await open.Store.GetTrainingFrameAsync(spine, "scheduled", "flight-delay", options);
        var again = await open.Store.Frames.SaveAsync("the same", frame, "flight-delay", options);
        again.Digest.Should().Be(record.Digest);
        (await open.Environment.Context.Artifacts.GetUsageAsync()).Blobs.Should().Be(blobs);
        (await open.Store.Frames.SaveAsync("flights", frame, "flight-delay")).Should().BeEquivalentTo(record, "a name has a content once");

        var reopened = await open.ReopenAsync();
        var opened = await reopened.Frames.OpenAsync(record.Digest);
        Frames.ShouldBeSameBits(opened, frame, reopened.FeatureNamesOf("flight-delay"));
        (await reopened.Frames.ListAsync()).Select(found => found.Name).Should().BeEquivalentTo("flights", "the same");
        (await reopened.Frames.ListAsync("flights")).Should().ContainSingle().Which.Should().BeEquivalentTo(record);
        var roots = new TrainingFrameRoots(open.Environment.Context);
        (await roots.IsReachableAsync(ArtifactDigest.Parse(record.Digest))).Should().BeTrue();
        var lineage = new FeatureLineage(open.Environment.Context);
        (await lineage.GetEdgesAsync(LineageNode.Data(record.Digest), LineageDirection.Upstream, 10)).Should()
            .Contain(edge => edge.From == new LineageNode(LineageNodeKind.FeatureService, record.ServiceId)).And.Contain(edge => edge.From == LineageNode.Data(record.SpineDigest!));

        (await reopened.Frames.DeleteAsync(record.Digest)).Should().BeTrue();
        (await reopened.Frames.DeleteAsync(record.Digest)).Should().BeFalse();
        (await roots.IsReachableAsync(ArtifactDigest.Parse(record.Digest))).Should().BeFalse();
        var read = async () => await reopened.Frames.OpenAsync(record.Digest);
        await read.Should().ThrowAsync<NotFoundException>().WithMessage("*no training frame sha256:*");
    }

    [Fact]
    public async Task Batches_OfAStreamedSpine_GiveTheSameRowsAndCsvAsTheWhole()
    {
        await using var open = new OpenStore();
        var rows = Flights.Rows(2_000);
        await TrainingFrameTests.Fill(open.Store, rows);
        var spine = rows.Select("scheduled", "origin", "destination");
        var whole = await open.Store.GetTrainingFrameAsync(spine, "scheduled", "flight-delay");
        var parts = new List<DataFrame>();
        await foreach (var part in open.Store.GetTrainingFrameBatchesAsync(spine.InBatchesAsync(300), "scheduled", "flight-delay"))
            parts.Add(part);
        parts.Should().HaveCount(7);
        Frames.ShouldBeSameBits(DataFrame.Concat(parts), whole, open.Store.FeatureNamesOf("flight-delay"));
        var (left, right) = (new StringWriter(), new StringWriter());
        (await open.Store.GetTrainingFrameBatchesAsync(spine.InBatchesAsync(300), "scheduled", "flight-delay").WriteCsvAsync(left)).Should().Be(2_000);
        whole.WriteCsv(right);
        left.ToString().Should().Be(right.ToString());
        var names = open.Store.FeatureNamesOf("flight-delay");
        var tensor = whole.ToTensor(names);
        tensor.Shape.Should().Equal(2_000, names.Count);
        tensor.Values[names.Count + 1].Should().Be(whole.Column<float>(names[1])[1]);
    }

    [Fact]
    public async Task Spines_FromAViewsOwnRows_HoldItsEntitiesAndEvents()
    {
        await using var open = new OpenStore();
        var rows = Flights.Rows(2_000);
        await open.Store.IngestAsync("route", rows.Slice(0, 900), "a");
        await open.Store.IngestAsync("route", rows.Slice(900, 1_100), "b");
        var moment = Flights.Start + TimeSpan.FromHours(7);
        var raw = Enumerable.Range(0, rows.RowCount).Select(i => (
            Origin: rows.Column<string>("origin")[i], Destination: rows.Column<string>("destination")[i],
            At: rows.Column<Timestamp>("scheduled")[i], Known: rows.Column<Timestamp>("known_at")[i])).ToArray();
        var there = raw.Where(row => row.At <= moment && row.Known <= moment).GroupBy(row => (row.Origin, row.Destination)).ToDictionary(group => group.Key, group => group.Max(row => row.At));
        var entities = await open.Store.Spines.EntitiesAtAsync("route", moment);
        Keys(entities).Should().BeEquivalentTo(there.Keys);
        entities.Column<Timestamp>("at").Span.ToArray().Should().OnlyContain(at => at == moment);
        var latest = await open.Store.Spines.LatestAsync("route", moment);
        Keys(latest).Zip(latest.Column<Timestamp>("at").Span.ToArray()).Should().BeEquivalentTo(there.Select(pair => (pair.Key, pair.Value)));
        (await open.Store.Spines.LatestAsync("route")).RowCount.Should().Be(raw.Select(row => (row.Origin, row.Destination)).Distinct().Count());

        var (from, to) = (Flights.Start + TimeSpan.FromHours(3), Flights.Start + TimeSpan.FromHours(20));
        var events = new List<DataFrame>();
        await foreach (var batch in open.Store.Spines.EventsAsync("route", from, to, 200))
            events.Add(batch);
        events.Count.Should().BeGreaterThan(3);
        var spine = DataFrame.Concat(events);
        Keys(spine).Zip(spine.Column<Timestamp>("at").Span.ToArray()).Should().BeEquivalentTo(raw.Where(row => row.At >= from && row.At <= to).Select(row => ((row.Origin, row.Destination), row.At)));

        // Features at the events are those of the join.
        var service = FeatureService.Define("routes").View("route").Build();
        await using var other = new OpenStore(services: [service]);
        await other.Store.IngestAsync("route", rows, "all");
        var joined = await other.Store.GetTrainingFrameAsync(spine, "at", "routes");
        var direct = new List<DataFrame>();
        await foreach (var batch in open.Store.Spines.FeaturesAtEventsAsync("route", from, to, batchRows: 200))
            direct.Add(batch);
        var features = DataFrame.Concat(direct);
        foreach (var name in other.Store.Views.Single(view => view.Name == "route").FeatureNames)
            features.Column<float>(name).Span.SequenceEqual(joined.Column<float>("route_" + name).Span).Should().BeTrue(name);

        static IEnumerable<(string, string)> Keys(DataFrame frame) => frame.Column<string>("origin").Span.ToArray().Zip(frame.Column<string>("destination").Span.ToArray());
    }
}
