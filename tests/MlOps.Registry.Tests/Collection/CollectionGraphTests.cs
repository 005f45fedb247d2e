namespace MlOps.Registry.Tests;

/// <summary>Collections beside writers against a model that works out by itself what is reachable.</summary>
public sealed class CollectionGraphTests
{
    [Theory]
    [InlineData(0, 250)]
    [InlineData(1_000, 250)]
    [InlineData(2_000, 250)]
    [InlineData(3_000, 250)]
    public async Task Collect_BesideWritersOverRandomGraphs_RemovesExactlyWhatNothingReaches(int first, int graphs)
    {
        await using var check = new CollectionCheck();
        for (var seed = first; seed < first + graphs; seed++)
            await check.CheckAsync(seed);

        check.Broken.Should().BeEmpty();
        check.Collected.Should().BeGreaterThan(graphs / 10, "otherwise there was nothing to collect");
        check.CollectedBesideWriters.Should().BeGreaterThan(graphs / 5);
        check.Refused.Should().BeGreaterThan(graphs / 100, "otherwise nobody met a collection");
        check.Switches.Should().BeGreaterThan(graphs * 10);
    }

    [Theory]
    [InlineData(PlantedBug.RootsIgnored)]
    [InlineData(PlantedBug.AgeIgnored)]
    [InlineData(PlantedBug.NoRefresh)]
    [InlineData(PlantedBug.AsideIsOld)]
    [InlineData(PlantedBug.RunsIgnored)]
    public async Task Checker_WithAPlantedBug_FindsIt(PlantedBug bug)
    {
        await using var check = new CollectionCheck();
        for (var seed = 0; seed < 2_000 && check.Broken.Count == 0; seed++)
            await check.CheckAsync(seed, bug);

        check.Broken.Should().NotBeEmpty();
        check.Broken[0].Should().NotContain("An actor failed");
    }
}
