namespace MlOps.Features.Tests;

public sealed class SharingTests
{
    private static readonly DataFrame Spine = new(DataColumn.Create("card", new[] { "c1" }), DataColumn.Create("t", new[] { MatrixWorld.Later }));

    [Fact]
    public async Task Refusal_NamesTheFeatureAndWhomToAsk()
    {
        await using var world = new GovernedStore([Cards.View(view => view.Feature("limit", notes => notes.Share(FeatureAudience.Everyone, FeatureVisibility.Metadata)))], [Cards.Service()]);
        using var _ = world.As("developer");
        var read = async () => await world.Store.GetTrainingFrameAsync(Spine, "t", "fraud");
        await read.Should().ThrowAsync<AccessDeniedException>().WithMessage("'developer' may not touch the values of feature service 'fraud' in environment 'production': only metadata of 'card_limit' (view 'card') are shared with you. Ask the owner 'olga' to share more.");
        world.Log.Lines.Should().Contain(line => line.StartsWith("3101:", StringComparison.Ordinal));
        (await world.Store.Catalogue.GetServiceAsync("fraud")).Features.Should().HaveCount(3, "metadata of all of it is shared");
    }

    [Fact]
    public async Task Source_OpenedForACaller_AsksAgainForAnother_AndAllocatesNothing()
    {
        await using var world = new GovernedStore([Cards.View()], [Cards.Service()]);
        IFeatureVectorSource mine, processes = await world.Store.GetVectorSourceAsync("fraud");
        var (keys, values) = (new[] { "c1" }, new float[3]);
        using (world.As("developer"))
        {
            mine = await world.Store.GetVectorSourceAsync("fraud");
            await mine.ReadAsync(keys, MatrixWorld.Later, values);
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 1000; i++)
                _ = mine.ReadAsync(keys, MatrixWorld.Later, values);
            (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(1000, "a read allocates nothing");
        }

        using (world.As("viewer"))
        {
            await processes.ReadAsync(keys, MatrixWorld.Later, values);
            var read = async () => await mine.ReadAsync(keys, MatrixWorld.Later, values);
            await read.Should().ThrowAsync<AccessDeniedException>("the source is the developer's");
        }

        using (world.As("bob"))
            await mine.ReadAsync(keys, MatrixWorld.Later, values);
    }

    [Fact]
    public async Task Narrowing_InANewVersion_NarrowsTheOldOneInTheCatalogueToo()
    {
        await using var open = new OpenStore([Cards.View()], []);
        await open.Store.EnsureReadyAsync();
        await (await open.ReopenAsync([Cards.View(view => view.Feature("limit", notes => notes.Close()), version: 2)])).EnsureReadyAsync();
        var snapshot = await new CatalogueIndex(new MetadataArea(open.Environment.Context.Metadata, FeatureSchema.Instance)).GetAsync(default);
        snapshot.VersionsOf("card").Should().OnlyContain(version => version.Rules[2].Sharing.Count == 0);
        snapshot.VersionsOf("card")[1].Rules[0].Sharing.Should().ContainSingle();
    }

    [Fact]
    public async Task DefinitionThatDoesNotFit_IsNotSpelledOutToWhoeverComesFirst()
    {
        await using var world = new GovernedStore([Cards.View()], []);
        await world.Store.EnsureReadyAsync();
        using var other = new FeatureStore(world.Context, [Cards.View(scale: 7)], [], new FeatureStoreOptions());
        using (world.As("approver"))
        {
            IFeatureStore store = other;
            var start = async () => await store.EnsureReadyAsync();
            (await start.Should().ThrowAsync<InvalidDefinitionException>()).Which.Message.Should().NotContain("amount").And.Contain("3104");
        }

        var process = async () => await other.EnsureReadyAsync();
        await process.Should().ThrowAsync<InvalidDefinitionException>().WithMessage("*amount*");
    }

    [Fact]
    public async Task Process_WithoutAdmin_IsHeldToTheRules()
    {
        await using var world = new GovernedStore([Cards.View(view => view.Feature("*", notes => notes.Close()))], [Cards.Service()], process: [EnvironmentRole.Developer]);
        var read = async () => await world.Store.GetTrainingFrameAsync(Spine, "t", "fraud");
        await read.Should().ThrowAsync<NotFoundException>();
    }
}
