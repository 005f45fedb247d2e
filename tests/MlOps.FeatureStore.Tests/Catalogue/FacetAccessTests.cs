namespace MlOps.Features.Tests;

/// <summary>What the matrix cannot call: runs that were handed over, and views made of others.</summary>
public sealed class FacetAccessTests
{
    private static readonly Timestamp At = Timestamp.Utc(2000, 1, 1);

    [Fact]
    public async Task Runs_OfClosedViews_AreNotListedAndAskWhoeverHasOne()
    {
        var views = new[] { View("open", FeatureVisibility.Metadata), View("closed", FeatureVisibility.None) };
        await using var world = new GovernedStore(views, []);
        using var channel = FeatureChannel.Open("numbers");
        await using var open = await world.Store.Streams.StartAsync(new StreamJob { Name = "a", View = "open", Source = channel });
        await using var closed = await world.Store.Streams.StartAsync(new StreamJob { Name = "b", View = "closed", Source = channel });
        world.Store.Streams.Running.Should().HaveCount(2);
        using (world.As("operator"))
            world.Store.Streams.Running.Should().Equal(open);
        using (world.As("developer"))
        {
            Func<Task>[] acts =
            [
                () => Task.FromResult(world.Store.Streams.Running), () => open.GetStatusAsync().AsTask(), () => Task.Run(open.Pause), () => Task.Run(open.Resume),
                () => open.StopAsync(), () => open.ReachAsync("0", 1),
            ];
            foreach (var act in acts)
                await act.Should().ThrowAsync<AccessDeniedException>();
        }

        open.Completion.IsCompleted.Should().BeFalse();
    }

    [Fact]
    public async Task Refresh_OfAViewMadeOfAnother_NeedsTheValuesOfTheOther()
    {
        FeatureView Made(string name, string of) => FeatureView.Define(name).Key("key").EventTime("at").LastValue("secret")
            .Share(FeatureAudience.Role(EnvironmentRole.Developer), FeatureVisibility.Values).Source("rows", FeatureViewSource.View(of)).Build();
        await using var world = new GovernedStore([View("open", FeatureVisibility.Values), View("half", FeatureVisibility.Metadata), Made("good", "open"), Made("bad", "half")], []);
        foreach (var view in new[] { "open", "half" })
            await world.Store.IngestAsync(view, Rows("k"), "b");
        using var _ = world.As("developer");
        (await world.Store.Sources.RefreshAsync("good")).Rows.Should().Be(1);
        var refresh = async () => await world.Store.Sources.RefreshAsync("bad");
        (await refresh.Should().ThrowAsync<AccessDeniedException>()).Which.Message.Should().Contain("'half'");
    }

    private static FeatureView View(string name, FeatureVisibility visibility) => FeatureView.Define(name).Key("key").EventTime("at").LastValue("secret")
        .Share(FeatureAudience.Role(EnvironmentRole.Developer), visibility).Share(FeatureAudience.Role(EnvironmentRole.Operator), visibility).Build();

    private static DataFrame Rows(string key) => new(
        DataColumn.Create("key", new[] { key }), DataColumn.Create("at", new[] { At }), DataColumn.Create("secret", new[] { 7f }));
}
