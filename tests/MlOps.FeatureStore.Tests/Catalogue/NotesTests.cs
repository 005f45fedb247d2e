namespace MlOps.Features.Tests;

public sealed class NotesTests
{
    private sealed record Payment(string Card, Timestamp At, double Amount, double Limit);

    [Fact]
    public void Notes_AreNoPartOfTheHash()
    {
        var bare = FeatureView.Define("card").Key("card").EventTime("at").Windows(FeatureWindow.Hours(24))
            .Aggregate("amount", [AggregateFunction.Sum, AggregateFunction.Count], 100).LastValue("limit").Build();
        Cards.View().Hash.Should().Be(bare.Hash);
        Cards.View(view => view.Owner("eve").Deprecate("old").Share(FeatureAudience.Everyone, FeatureVisibility.Values)).Hash.Should().Be(bare.Hash);
    }

    [Fact]
    public void TypedBuilder_SaysTheSame()
    {
        var typed = FeatureView.Define<Payment>("card").Describe("What a card was used for").Key("card", p => p.Card).EventTime(p => p.At).Entity(new Entity("card", ["card"], "A payment card"))
            .Owner("olga").Tag("fraud", "payments").ExpectFreshness(TimeSpan.FromHours(1)).Sensitivity(FeatureSensitivity.Internal)
            .Windows(FeatureWindow.Hours(24)).Aggregate("amount", p => p.Amount, [AggregateFunction.Sum, AggregateFunction.Count], 100).LastValue("limit", p => p.Limit)
            .Share(FeatureAudience.Role(EnvironmentRole.Developer), FeatureVisibility.Values)
            .Feature("amount_*", notes => notes.Tag("money").Describe("Of the amounts"))
            .Feature("amount_sum_24h", notes => notes.Describe("All that was spent in a day").Sensitivity(FeatureSensitivity.Confidential))
            .Feature("limit", notes => notes.Sensitivity(FeatureSensitivity.Personal).Deprecate("nobody fills it in", Timestamp.Utc(2000, 6, 1), "card/amount_sum_24h")).Build();
        typed.Features.Should().BeEquivalentTo(Cards.View().Features, options => options.WithStrictOrdering());
        (typed.Owner, typed.Entity, typed.ExpectedFreshness).Should().Be((Cards.View().Owner, typed.Entity, TimeSpan.FromHours(1)));
        ViewDocument.Of(typed).Facts().Should().BeEquivalentTo(ViewDocument.Of(Cards.View()).Facts());
    }

    [Fact]
    public void Feature_OverridesTheView_AndAnExactNameOverridesAPattern()
    {
        var view = Cards.View();
        var sum = view.NotesOf("amount_sum_24h");
        (sum.Description, sum.Sensitivity).Should().Be(("All that was spent in a day", FeatureSensitivity.Confidential));
        sum.Tags.Should().Equal("money");
        view.NotesOf("amount_count_24h").Description.Should().Be("Of the amounts");
        view.NotesOf("limit").Deprecation!.ToString().Should().Be("deprecated since 2000-06-01T00:00:00Z: nobody fills it in Use 'card/amount_sum_24h' instead.");
        view.NotesOf("limit").Sharing.Should().ContainSingle("the view's settings hold");
        Cards.View(v => v.Feature("limit", notes => notes.Close())).NotesOf("limit").Sharing.Should().BeEmpty();
        Cards.View(v => v.Deprecate("all of it")).NotesOf("amount_sum_24h").Deprecation!.Reason.Should().Be("all of it");
        view.Invoking(v => v.NotesOf("limits")).Should().Throw<NotFoundException>().WithMessage("*'limits'*'limit'*");
    }

    [Fact]
    public void Mistakes_AreNamed()
    {
        var feature = () => Cards.View(view => view.Feature("amount_summ_24h", notes => notes.Tag("x")));
        feature.Should().Throw<InvalidDefinitionException>().WithMessage("*'amount_summ_24h'*'amount_sum_24h'*");
        var entity = () => Cards.View(view => view.Entity(new Entity("customer", ["customer", "shop"])));
        entity.Should().Throw<InvalidDefinitionException>().WithMessage("*'customer', 'shop'*");
        var fresh = () => Cards.View(view => view.ExpectFreshness(TimeSpan.Zero));
        fresh.Should().Throw<InvalidDefinitionException>();
        var tag = () => Cards.View(view => view.Tag("two\nlines"));
        tag.Should().Throw<InvalidDefinitionException>();
        var keys = () => new Entity("e", []);
        keys.Should().Throw<InvalidDefinitionException>();
        var version = () => FeatureService.Define("s").Version(0);
        version.Should().Throw<InvalidDefinitionException>();
    }

    [Fact]
    public void Entity_GivesItsKeysToAViewThatDeclaresNone()
    {
        var view = FeatureView.Define("v").Entity(new Entity("route", ["from", "to"])).EventTime("at").LastValue("x").Build();
        view.Keys.Should().Equal(new FeatureKey("from", "from"), new FeatureKey("to", "to"));
    }

    [Fact]
    public async Task Entity_WithTwoSetsOfKeys_IsRefusedAtStart()
    {
        FeatureView[] views =
        [
            FeatureView.Define("a").Entity(new Entity("card", ["card"])).EventTime("at").LastValue("x").Build(),
            FeatureView.Define("b").Entity(new Entity("card", ["card", "bank"])).EventTime("at").LastValue("x").Build(),
        ];
        await using var open = new OpenStore(views, []);
        var start = async () => await open.Store.EnsureReadyAsync();
        await start.Should().ThrowAsync<InvalidDefinitionException>().WithMessage("*'card'*(card)*'a'*(card, bank)*'b'*");
    }

    [Fact]
    public void Service_VersionIsPartOfItsIdentity_ItsOwnerIsNot()
    {
        var views = new Dictionary<string, FeatureView> { ["card"] = Cards.View() };
        var id = new BoundService(Cards.Service(), views).Id;
        new BoundService(FeatureService.Define("fraud").View("card").Build(), views).Id.Should().Be(id);
        new BoundService(Cards.Service(2), views).Id.Should().NotBe(id);
    }

    [Theory]
    [InlineData("everyone")]
    [InlineData("role:Developer")]
    [InlineData("group:a b")]
    [InlineData("user:x:y")]
    public void Audience_ReadsWhatItWrites(string text) => FeatureAudience.Parse(FeatureAudience.Parse(text).ToString().Replace("role:developer", "role:Developer")).ToString().Should().BeEquivalentTo(text);

    public static TheoryData<string, FeatureView, string> Differences => new()
    {
        { "key added", Other(view => view.Key("bank")), "new: 'key bank = bank'" },
        { "key column", FeatureView.Define("v").Key("card", "number").EventTime("at").AvailableAt("known").Windows(FeatureWindow.Hours(1)).Aggregate("amount", [AggregateFunction.Sum]).LastValue("limit").Build(), "new: 'key card = number'" },
        { "event time", Other(view => view.EventTime("when")), "gone: 'event time = at', new: 'event time = when'" },
        { "availability", Other(view => view.AvailableAt("seen")), "gone: 'available at = known', new: 'available at = seen'" },
        { "scale", Base(scale: 7), "new: 'aggregate amount = amount scale 7'" },
        { "function", Base(function: AggregateFunction.Mean), "gone: 'feature amount Sum over 3600000000us hop 300000000us', new: 'feature amount Mean" },
        { "window", Base(hours: 2), "new: 'feature amount Sum over 7200000000us" },
        { "hop", Base(hop: TimeSpan.FromMinutes(1)), "hop 60000000us'" },
        { "column", Base(column: "total"), "gone: 'aggregate amount = amount scale 1000'" },
        { "time to live", Base(ttl: TimeSpan.FromHours(3)), "gone: 'last value limit = limit ttl none', new: 'last value limit = limit ttl 10800000000us'" },
        { "plain feature added", Other(view => view.LastValue("more")), "new: 'last value more = more ttl none'" },
        { "plain feature from another column", Base(plain: "ceiling"), "new: 'last value limit = ceiling ttl none'" },
        { "aggregation added", Other(view => view.Aggregate("other", [AggregateFunction.Count])), "new: 'aggregate other = other scale 1000'" },
        { "order", FeatureView.Define("v").Key("card").EventTime("at").AvailableAt("known").Windows(FeatureWindow.Hours(1)).Aggregate("b", [AggregateFunction.Sum]).Aggregate("amount", [AggregateFunction.Sum]).LastValue("limit").Build(), "new: 'aggregate b" },
    };

    [Theory]
    [MemberData(nameof(Differences))]
    public async Task ChangedDefinition_IsRefused_AndTheMessageSaysWhat(string what, FeatureView changed, string expected)
    {
        await using var open = new OpenStore([Base()], []);
        await open.Store.EnsureReadyAsync();
        var store = await open.ReopenAsync([changed]);
        var start = async () => await store.EnsureReadyAsync();
        (await start.Should().ThrowAsync<InvalidDefinitionException>(what)).Which.Message.Should().Contain(expected, what).And.Contain("Version(2)");
    }

    private static FeatureView Other(Action<FeatureViewBuilder> change)
    {
        var view = FeatureView.Define("v").Key("card").EventTime("at").AvailableAt("known").Windows(FeatureWindow.Hours(1)).Aggregate("amount", [AggregateFunction.Sum]).LastValue("limit");
        change(view);
        return view.Build();
    }

    private static FeatureView Base(
        int scale = 1000, AggregateFunction function = AggregateFunction.Sum, int hours = 1, TimeSpan? hop = null, string column = "amount", TimeSpan? ttl = null, string plain = "limit") =>
        FeatureView.Define("v").Key("card").EventTime("at").AvailableAt("known").Aggregate(column, [function], scale, "amount", windows: new FeatureWindow(TimeSpan.FromHours(hours), hop))
            .LastValue(plain, ttl, "limit").Build();
}
