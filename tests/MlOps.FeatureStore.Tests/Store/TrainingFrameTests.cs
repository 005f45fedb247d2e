namespace MlOps.Features.Tests;

public sealed class TrainingFrameTests
{
    [Fact]
    public async Task Join_OfAnySpine_ReturnsOneRowPerSpineRowInItsOrder()
    {
        await using var open = new OpenStore();
        var rows = Flights.Rows(3_000);
        await Fill(open.Store, rows);
        var random = new Random(7);
        // Shuffled, with repetitions, unknown entities and null keys; large enough for the parallel path.
        var order = Enumerable.Range(0, 6_000).Select(_ => random.Next(rows.RowCount)).ToArray();
        var spine = rows.Select("scheduled", "origin", "destination").Take(order);
        var origin = spine.Column<string>("origin").Span.ToArray();
        for (var i = 0; i < origin.Length; i += 97)
            origin[i] = i % 2 == 0 ? "unknown" : null!;
        spine = spine.With(DataColumn.Create("origin", origin), DataColumn.Create("row", Enumerable.Range(0, order.Length).ToArray()));
        var frame = await open.Store.GetTrainingFrameAsync(spine, "scheduled", "flight-delay");

        frame.RowCount.Should().Be(order.Length);
        frame.Column<int>("row").Span.ToArray().Should().BeInAscendingOrder();
        frame.Columns.Select(column => column.Name).Should().Equal(spine.Columns.Select(column => column.Name).Concat(open.Store.FeatureNamesOf("flight-delay")));
        // The same questions a few at a time, by the path without threads.
        for (var start = 0; start < 300; start += 100)
        {
            var part = await open.Store.GetTrainingFrameAsync(spine.Slice(start, 100), "scheduled", "flight-delay");
            Frames.ShouldBeSameBits(part, frame.Slice(start, 100), open.Store.FeatureNamesOf("flight-delay"));
        }

        frame.Column<float>("origin_delay_count_7d")[0].Should().Be(0, "an unknown entity has no events");
        frame.Column<float>("origin_delay_mean_7d")[0].Should().Be(float.NaN);
        frame.Column<float>("origin_delay_count_7d")[97].Should().Be(0, "a row without a key is an unknown entity");
        frame.Column<float>("destination_delay_count_7d").Span.ToArray().Max().Should().BeGreaterThan(100);
    }

    [Fact]
    public async Task Join_WithTheCorrectedClock_LeaksWhatWasNotYetKnown()
    {
        await using var open = new OpenStore();
        var rows = Flights.Rows(3_000);
        await Fill(open.Store, rows);
        var spine = rows.Select("scheduled", "origin", "destination");
        var known = await open.Store.GetTrainingFrameAsync(spine, "scheduled", "flight-delay");
        var corrected = await open.Store.GetTrainingFrameAsync(spine, "scheduled", "flight-delay", new TrainingFrameOptions { Known = KnownClock.Corrected });

        // No flight lands within the hour in which it was to leave, so the last hour is empty in truth and full of the future otherwise.
        var honest = known.Column<float>("route_delay_count_1h").Span.ToArray();
        var leaking = corrected.Column<float>("route_delay_count_1h").Span.ToArray();
        leaking.Average().Should().BeGreaterThan(honest.Average() + 1);
        for (var i = 0; i < honest.Length; i++)
            leaking[i].Should().BeGreaterThanOrEqualTo(Math.Max(1, honest[i]), "the corrected clock sees the very flight that is to be predicted");
        var last = corrected.Column<float>("route_last_delay").Span;
        last.ToArray().Should().Equal(rows.Column<float>("delay").Span.ToArray(), "the leaked value is the label itself");
    }

    [Fact]
    public async Task Join_WithAServingLag_EqualsAJoinOverLaterKnowledge()
    {
        await using var open = new OpenStore();
        await using var shifted = new OpenStore();
        var rows = Flights.Rows(1_000);
        await Fill(open.Store, rows);
        await Fill(shifted.Store, rows.With(DataColumn.Create("known_at", rows.Column<Timestamp>("known_at").Span.ToArray().Select(time => time + TimeSpan.FromMinutes(10)).ToArray())));
        var spine = rows.Select("scheduled", "origin", "destination");
        var lagged = await open.Store.GetTrainingFrameAsync(spine, "scheduled", "flight-delay", new TrainingFrameOptions { ServingLag = TimeSpan.FromMinutes(10) });
        Frames.ShouldBeSameBits(lagged, await shifted.Store.GetTrainingFrameAsync(spine, "scheduled", "flight-delay"), open.Store.FeatureNamesOf("flight-delay"));
    }

    [Fact]
    public async Task Join_WithABadSpine_SaysWhatIsWrong()
    {
        await using var open = new OpenStore();
        var spine = Flights.Rows(3).Select("scheduled", "origin", "destination");
        await Refused(spine.Select("scheduled", "origin"), "scheduled", "*lacks key column(s) 'destination'*");
        await Refused(spine, "time", "*no time column 'time'*");
        await Refused(spine, "origin", "*time column 'origin' holds String*");
        await Refused(spine.With(DataColumn.Create("scheduled", new Timestamp[3], [0b011UL])), "scheduled", "*'scheduled' is null in row 2*");
        await Refused(spine.With(DataColumn.Create("route_last_delay", new float[3])), "scheduled", "*'route_last_delay'*name of a feature*");

        async Task Refused(DataFrame bad, string time, string message)
        {
            var join = async () => await open.Store.GetTrainingFrameAsync(bad, time, "flight-delay");
            await join.Should().ThrowAsync<InvalidInputException>().WithMessage(message);
        }
    }

    [Fact]
    public async Task Join_OfAnEmptySpineOrStore_Works()
    {
        await using var open = new OpenStore();
        var spine = Flights.Rows(3).Select("scheduled", "origin", "destination");
        (await open.Store.GetTrainingFrameAsync(spine, "scheduled", "flight-delay")).Column<float>("origin_delay_count_24h").Span.ToArray().Should().Equal(0, 0, 0);
        (await open.Store.GetTrainingFrameAsync(spine.Slice(0, 0), "scheduled", "flight-delay")).RowCount.Should().Be(0);
    }

    internal static async Task Fill(FeatureStore store, DataFrame rows, string key = "all")
    {
        foreach (var view in store.Views)
            await store.IngestAsync(view.Name, rows, key);
    }
}
