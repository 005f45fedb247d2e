namespace MlOps.Features.Tests;

public sealed class CatalogueTests
{
    [Fact]
    public async Task View_TellsAllThatItsDefinitionSays()
    {
        await using var open = new OpenStore([Cards.View()], [Cards.Service()]);
        var view = await open.Store.Catalogue.GetViewAsync("card");
        (view.Version, view.Owner, view.Entity, view.Description).Should().Be((1, "olga", "card", "What a card was used for"));
        view.Definition.Should().Be(Cards.View().Definition);
        view.Tags.Should().Equal("fraud", "payments");
        view.Services.Should().Equal(open.Store.IdOf("fraud"));
        view.Features.Select(feature => (feature.Name, feature.Formula, feature.Type, feature.Sensitivity, feature.UsedBy)).Should().Equal(
            ("amount_sum_24h", "sum of 'amount' over 24h", DataType.Float32, FeatureSensitivity.Confidential, 1),
            ("amount_count_24h", "count of 'amount' over 24h", DataType.Float32, FeatureSensitivity.Internal, 1),
            ("limit", "newest 'limit'", DataType.Float32, FeatureSensitivity.Personal, 1));
        view.Sharing.Should().ContainSingle();
        var service = await open.Store.Catalogue.GetServiceAsync("fraud");
        (service.Version, service.Owner, service.IsCurrent, service.Features.Count).Should().Be((1, "group:risk", true, 3));
        service.Features[2].Deprecation!.Reason.Should().Be("nobody fills it in");
        (await open.Store.Catalogue.GetEntitiesAsync()).Should().ContainSingle().Which.Should().BeEquivalentTo(new CatalogueEntity("card", ["card"], "A payment card", ["card"]));
        var missing = async () => await open.Store.Catalogue.GetFeatureAsync("card", "amount_sum_7d");
        await missing.Should().ThrowAsync<NotFoundException>().WithMessage("*'amount_sum_7d'*'amount_sum_24h'*");
    }

    [Fact]
    public async Task Change_OfWhatIsNoMeaning_IsTakenAndKeptInTheHistoryWithWhoAndWhen()
    {
        await using var open = new OpenStore([Cards.View()], []);
        await open.Store.EnsureReadyAsync();
        open.Environment.Clock.Advance(TimeSpan.FromDays(1));
        var store = await open.ReopenAsync([Cards.View(view => view.Owner("eve").Feature("limit", notes => notes.Tag("old").Share(FeatureAudience.Group("risk"), FeatureVisibility.Values)))]);
        var history = await store.Catalogue.GetHistoryAsync("card");
        history.Select(entry => entry.Action).Should().Equal("changed", "recorded");
        (history[0].At - history[1].At).Should().Be(TimeSpan.FromDays(1));
        history[0].By.Should().StartWith("process:");
        history[0].Changes.Should().Equal(
            new CatalogueDifference(null, "owner", "olga", "eve"), new CatalogueDifference("limit", "sharing", "Values role:Developer", "Values group:risk"), new CatalogueDifference("limit", "tags", null, "old"));
        (await store.Catalogue.GetViewAsync("card")).Owner.Should().Be("eve");
        var audit = await open.Environment.Context.Audit.ReadAsync();
        audit.Should().ContainSingle(record => record.Entry.Operation == "features.sharing.change" && record.Entry.Subject == "card v1");
        await (await open.ReopenAsync([Cards.View(view => view.Owner("eve").Feature("limit", notes => notes.Tag("old").Share(FeatureAudience.Group("risk"), FeatureVisibility.Values)))])).EnsureReadyAsync();
        (await open.Environment.Context.Audit.ReadAsync()).Should().HaveCount(audit.Count, "nothing changed");
    }

    [Fact]
    public async Task Versions_AreListedAndCompared_AlsoThoseOfOtherHosts()
    {
        await using var open = new OpenStore([Cards.View()], [Cards.Service()]);
        await open.Store.EnsureReadyAsync();
        var store = await open.ReopenAsync([Cards.View(view => view.LastValue("country").Describe("Now with the country"), version: 2)]);
        var versions = await store.Catalogue.GetVersionsAsync("card");
        versions.Select(version => version.Version).Should().Equal(2, 1);
        var difference = await store.Catalogue.CompareAsync("card", 1, 2);
        difference.Added.Should().Equal("country");
        difference.Removed.Should().BeEmpty();
        difference.Gone.Should().Equal("view card version 1");
        difference.New.Should().Equal("view card version 2", "last value country = country ttl none");
        difference.Notes.Should().ContainEquivalentOf(new CatalogueDifference(null, "description", "What a card was used for", "Now with the country"));
        (await store.Catalogue.GetViewAsync("card", 1)).Features.Should().HaveCount(3);
        (await store.Catalogue.SearchAsync(new FeatureQuery { Text = "country" })).Hits.Select(hit => hit.Kind).Should().Equal(CatalogueKind.Feature, CatalogueKind.View);
        (await store.Catalogue.SearchAsync(new FeatureQuery { Name = "limit" })).Total.Should().Be(1);
        (await store.Catalogue.SearchAsync(new FeatureQuery { Name = "limit", AllVersions = true })).Total.Should().Be(2);
        var services = (await store.Catalogue.SearchAsync(new FeatureQuery { Kinds = [CatalogueKind.Service], AllVersions = true })).Hits;
        services.Should().HaveCount(2, "the service over the former version is known too");
        (await store.Catalogue.GetServiceAsync(services.Single(hit => hit.Id != store.IdOf("fraud")).Id!)).Should().BeEquivalentTo(
            new { IsCurrent = false, Features = new[] { new { Version = 1 }, new { Version = 1 }, new { Version = 1 } } }, options => options.ExcludingMissingMembers());
        var missing = async () => await store.Catalogue.GetViewAsync("card", 3);
        await missing.Should().ThrowAsync<NotFoundException>().WithMessage("*no version 3*2, 1*");
    }

    [Fact]
    public async Task Search_FindsByEverythingAndRanksNamesFirst()
    {
        FeatureView[] views =
        [
            Cards.View(),
            FeatureView.Define("shop").Entity(new Entity("shop", ["shop"])).EventTime("at").Owner("group:retail").LastValue("amount").LastValue("rating").LastValue("sum_of_ratings")
                .Feature("rating", notes => notes.Describe("From the amount of stars").Tag("Stars")).Build(),
        ];
        await using var open = new OpenStore(views, [Cards.Service(), FeatureService.Define("other").View("shop", ["rating"]).View("card", ["limit"]).Build()]);
        await NamesAsync(new FeatureQuery { Text = "amount", Kinds = [CatalogueKind.Feature] }, "amount", "amount_count_24h", "amount_sum_24h", "rating");
        await NamesAsync(new FeatureQuery { Text = "AMOUNT spent" }, "amount_sum_24h");
        await NamesAsync(new FeatureQuery { Kinds = [CatalogueKind.Feature], Take = 2 }, "limit", "amount_count_24h");
        await NamesAsync(new FeatureQuery { Kinds = [CatalogueKind.Feature], Skip = 5 }, "sum_of_ratings");
        await NamesAsync(new FeatureQuery { Tags = ["stars"] }, "rating");
        await NamesAsync(new FeatureQuery { Owner = "GROUP:retail", Kinds = [CatalogueKind.View] }, "shop");
        await NamesAsync(new FeatureQuery { Entity = "shop", Kinds = [CatalogueKind.Feature] }, "rating", "amount", "sum_of_ratings");
        await NamesAsync(new FeatureQuery { Sensitivity = FeatureSensitivity.Personal }, "limit");
        await NamesAsync(new FeatureQuery { Deprecated = true }, "limit", "fraud", "other");
        await NamesAsync(new FeatureQuery { Deprecated = false, View = "card", Kinds = [CatalogueKind.Feature] }, "amount_count_24h", "amount_sum_24h");
        await NamesAsync(new FeatureQuery { Type = DataType.String });
        await NamesAsync(new FeatureQuery { Text = "nothing of the kind" });
        await NamesAsync(new FeatureQuery { Name = "card", Kinds = [CatalogueKind.Entity] }, "card");
        (await open.Store.Catalogue.SearchAsync(new FeatureQuery { Kinds = [CatalogueKind.Feature], Take = 1 })).Should().BeEquivalentTo(new { Total = 6 }, options => options.ExcludingMissingMembers());
        var take = async () => await open.Store.Catalogue.SearchAsync(new FeatureQuery { Take = 0 });
        await take.Should().ThrowAsync<InvalidInputException>();

        async Task NamesAsync(FeatureQuery query, params string[] names) =>
            (await open.Store.Catalogue.SearchAsync(query)).Hits.Select(hit => hit.Name).Should().Equal(names, query.ToString());
    }

    [Fact]
    public async Task Deprecated_IsReadWithAWarningOnce_AndWarnsWhoBindsIt()
    {
        await using var world = new GovernedStore([Cards.View()], [Cards.Service()]);
        await world.Store.EnsureReadyAsync();
        world.Log.Lines.Should().ContainSingle(line => line.StartsWith("3103:", StringComparison.Ordinal) && line.Contains("'limit'", StringComparison.Ordinal));
        await world.Store.GetVectorSourceAsync("fraud");
        await world.Store.GetVectorSourceAsync("fraud");
        await world.Store.GetTrainingFrameAsync(new DataFrame(DataColumn.Create("card", new[] { "c1" }), DataColumn.Create("t", new[] { MatrixWorld.Start })), "t", "fraud");
        world.Log.Lines.Should().ContainSingle(line => line.StartsWith("3102:", StringComparison.Ordinal)).Which.Should().Contain("nobody fills it in").And.Contain("card/amount_sum_24h");
        (await world.Store.Catalogue.GetHistoryAsync("card"))[0].Should().BeEquivalentTo(new { Action = "read" }, options => options.ExcludingMissingMembers());
        (await world.Store.Catalogue.GetServiceHistoryAsync("fraud"))[0].Changes.Should().Contain(change => change.Field == "bound though deprecated" && change.Feature == "card/limit");
    }

    [Fact]
    public async Task Freshness_FollowsRowsAndTheClock()
    {
        await using var open = new OpenStore([Cards.View()], [Cards.Service()]);
        var now = Timestamp.From(open.Environment.Clock.GetUtcNow());
        (await FreshAsync()).Should().BeEquivalentTo(new FeatureFreshness { Rows = 0, Expected = TimeSpan.FromHours(1) });
        (await FreshAsync()).IsStale.Should().BeTrue("there is no row at all");
        await open.Store.IngestAsync("card", Cards.Rows(10, now - TimeSpan.FromMinutes(30)), "b");
        var fresh = await FreshAsync();
        (fresh.Rows, fresh.LastEvent, fresh.LastIngested, fresh.LastMaterialized, fresh.Lag, fresh.IsStale).Should().Be((10, now - TimeSpan.FromMinutes(21), now, null, TimeSpan.FromMinutes(21), false));
        (await open.Store.Catalogue.SearchAsync(new FeatureQuery { Stale = true })).Total.Should().Be(0);
        await open.Store.MaterializeAsync("fraud", now);
        (await FreshAsync()).LastMaterialized.Should().Be(now);
        open.Environment.Clock.Advance(TimeSpan.FromMinutes(40));
        (await FreshAsync()).IsStale.Should().BeTrue();
        (await open.Store.Catalogue.SearchAsync(new FeatureQuery { Stale = true, Kinds = [CatalogueKind.View] })).Hits.Should().ContainSingle().Which.Freshness!.IsStale.Should().BeTrue();
        await open.Store.PushAsync("card", Cards.Rows(1, now + TimeSpan.FromMinutes(30)), "s", 1);
        (await FreshAsync()).Should().BeEquivalentTo(new { Lag = TimeSpan.FromMinutes(10), IsStale = false }, options => options.ExcludingMissingMembers(), "pushed rows count too");

        async Task<FeatureFreshness> FreshAsync() => (await open.Store.Catalogue.GetViewAsync("card")).Freshness;
    }

    [Fact]
    public async Task Usage_FollowsServicesToModelsAndBack()
    {
        var views = new Dictionary<string, FeatureView> { ["card"] = Cards.View() };
        var service = new LineageNode(LineageNodeKind.FeatureService, new BoundService(Cards.Service(), views).Id);
        var version = LineageNode.Version(new ModelVersionRef("fraud", 3));
        var lineage = new Edges(
            new(service, version, LineageEdgeKind.Featurized), new(service, LineageNode.Data("sha256:1"), LineageEdgeKind.Featurized), new(LineageNode.Data("sha256:1"), LineageNode.Run("r1"), LineageEdgeKind.Read),
            new(LineageNode.Run("r1"), version, LineageEdgeKind.Made), new(version, LineageNode.Endpoint("pay"), LineageEdgeKind.Serves));
        await using var world = new GovernedStore([Cards.View()], [Cards.Service()], lineage: [lineage]);
        var usage = await world.Store.Catalogue.GetUsageAsync("card", "amount_sum_24h");
        usage.Should().BeEquivalentTo(new FeatureUsage
        {
            Services = [service.Id], ModelVersions = ["fraud:3"], Runs = ["r1"], Frames = ["sha256:1"], Endpoints = ["pay"], IsTruncated = false,
        });
        foreach (var node in new[] { LineageNode.Endpoint("pay"), version, LineageNode.Run("r1"), LineageNode.Data("sha256:1") })
            (await world.Store.Catalogue.GetFeaturesOfAsync(node)).Select(reference => reference.Feature).Should().Equal("amount_sum_24h", "amount_count_24h", "limit");
        (await world.Store.Catalogue.GetFeaturesOfAsync(LineageNode.Endpoint("other"))).Should().BeEmpty();
        using var _ = world.As("viewer");
        var closed = async () => await world.Store.Catalogue.GetUsageAsync("card", "amount_sum_24h");
        await closed.Should().ThrowAsync<NotFoundException>();
    }

    private sealed class Edges(params LineageEdge[] edges) : ILineageSource
    {
        public ValueTask<IReadOnlyList<LineageEdge>> GetEdgesAsync(LineageNode node, LineageDirection direction, int limit, CancellationToken cancellationToken = default) =>
            new([.. edges.Where(edge => direction == LineageDirection.Upstream ? edge.To == node : edge.From == node)]);
    }
}
