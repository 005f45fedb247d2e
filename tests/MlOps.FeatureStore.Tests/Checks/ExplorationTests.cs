namespace MlOps.Features.Tests;

public sealed class ExplorationTests
{
    [Fact]
    public async Task Profile_OfAView_IsThatOfItsFeaturesAtItsRows()
    {
        await using var open = new OpenStore();
        var rows = Flights.Rows(600);
        foreach (var view in Flights.Views())
        {
            await open.Store.IngestAsync(view.Name, rows.Slice(0, 400), "b1");
            await open.Store.IngestAsync(view.Name, rows.Slice(400, 200), "b2");
        }

        var profile = await open.Store.ProfileAsync("origin");
        profile.Rows.Should().Be(600);
        profile.Columns.Select(column => column.Name).Should().StartWith(["origin", "event_time"]).And.Contain("delay_mean_24h");
        profile.Columns[0].Frequent.Should().HaveCount(5);

        // The same from the public join: the rows as a spine at the moments when they became known.
        var frame = await open.Store.GetTrainingFrameAsync(rows.Select("origin", "destination", "known_at"), "known_at", "flight-delay");
        var (ours, theirs) = (profile.Columns.Single(column => column.Name == "delay_mean_24h").Numbers!, frame.Profile().Columns.Single(column => column.Name == "origin_delay_mean_24h").Numbers!);
        (ours.Count, ours.Min, ours.Median, ours.Max).Should().Be((theirs.Count, theirs.Min, theirs.Median, theirs.Max));
        ours.Mean.Should().BeApproximately(theirs.Mean, 1e-9);

        (await open.Store.ProfileAsync("origin", maxRows: 100)).Rows.Should().Be(100);
        (await open.Store.ProfileAsync("origin", maxRows: 599)).Rows.Should().Be(300);
        profile.ToHtml("origin").Should().Contain("delay_mean_24h");
    }

    [Fact]
    public async Task Profile_OfAViewWithoutRows_IsEmpty()
    {
        await using var open = new OpenStore();
        var profile = await open.Store.ProfileAsync("route");
        profile.Rows.Should().Be(0);
        profile.ToHtml().Should().NotContain("NaN");
    }
}
