using MlOps.Testing;

namespace MlOps.Registry.Tests;

public sealed class VersionSearchTests(VersionSearchTests.TwoModels models) : IClassFixture<VersionSearchTests.TwoModels>
{
    private SqlModelRegistry Registry => new(models.Environment.Context);

    [Theory]
    [InlineData("", "fraud:1 churn:3 churn:2 churn:1")]
    [InlineData("name = 'churn'", "churn:3 churn:2 churn:1")]
    [InlineData("model like 'ch%' and version_number >= 2", "churn:3 churn:2")]
    [InlineData("metrics.auc > 0.75 order by metrics.auc desc", "churn:2 fraud:1 churn:1")]
    [InlineData("order by metrics.auc", "churn:1 fraud:1 churn:2 churn:3")]
    [InlineData("tags.owner = 'ads'", "fraud:1 churn:1")]
    [InlineData("tags.owner ilike 'ADS' and not tags.task = 'churn'", "churn:3 churn:2 churn:1")]
    [InlineData("run_id in ('run2', 'x')", "churn:2")]
    [InlineData("run_id is null and model = 'churn'", "churn:3 churn:1")]
    [InlineData("alias = 'champion'", "fraud:1 churn:2")]
    [InlineData("alias is null", "churn:1")]
    [InlineData("alias is not null and alias != 'champion'", "churn:3")]
    [InlineData("provenance.environment = 'staging' and provenance.strategy = 'CopyModel'", "churn:3")]
    [InlineData("provenance.version is null", "fraud:1 churn:2 churn:1")]
    [InlineData("kind = 'data'", "fraud:1")]
    [InlineData("not kind = 'Data'", "churn:3 churn:2 churn:1")]
    [InlineData("kind in ('Tags', 'Parameters')", "fraud:1 churn:3 churn:2 churn:1")]
    [InlineData("created > '2001-01-01T00:00:01Z'", "fraud:1 churn:3")]
    [InlineData("created < now - 2s", "churn:1")]
    [InlineData("order by model, version desc limit 2", "churn:3 churn:2")]
    public async Task SearchVersions_Rule_Holds(string filter, string expected)
    {
        var found = (await Registry.SearchVersionsAsync(filter)).Versions;
        string.Join(" ", found.Select(version => version.Ref)).Should().Be(expected);
        foreach (var version in found)
            version.Should().BeEquivalentTo(await Registry.GetAsync(version.Ref));
        var paged = new List<string>();
        await foreach (var version in Registry.StreamVersionsAsync(new VersionQuery { Filter = filter, Limit = 1 }))
            paged.Add(version.Ref.ToString());
        string.Join(" ", paged).Should().StartWith(expected);
    }

    [Theory]
    [InlineData("", "churn fraud")]
    [InlineData("name like 'f%'", "fraud")]
    [InlineData("alias = 'challenger'", "churn")]
    [InlineData("last_version > 1", "churn")]
    [InlineData("order by created desc", "fraud churn")]
    public async Task SearchModels_Rule_Holds(string filter, string expected)
    {
        var found = (await Registry.SearchModelsAsync(filter)).Models;
        string.Join(" ", found.Select(model => model.Name)).Should().Be(expected);
        foreach (var model in found)
            model.Aliases.Should().BeEquivalentTo(await Registry.GetAliasesAsync(model.Name));
    }

    [Fact]
    public async Task Search_DeletedVersionsAndModels_FindsNeitherAndComesBack()
    {
        await using var environment = new TestEnvironment();
        var registry = new SqlModelRegistry(environment.Context);
        var draft = await Drafts.SmallAsync(environment.Context);
        var (first, second) = ((await registry.RegisterAsync(draft)).Ref, (await registry.RegisterAsync(draft)).Ref);
        await registry.RegisterAsync(draft with { Model = "fraud" });
        await registry.UpdateModelAsync("churn", new ModelChanges { Owner = "ads", Tags = new Dictionary<string, string?> { ["task"] = "binary" } });
        (await registry.SearchModelsAsync("owner = 'ads' and tags.task = 'binary'")).Models.Select(model => model.Name).Should().Equal("churn");
        await registry.DeleteAsync(first, "old");
        (await registry.SearchVersionsAsync("model = 'churn'")).Versions.Select(version => version.Ref).Should().Equal(second);
        await registry.DeleteModelAsync("churn", "old");
        (await registry.SearchVersionsAsync("")).Versions.Select(version => version.Model).Should().Equal("fraud");
        (await registry.SearchModelsAsync("")).Models.Select(model => model.Name).Should().Equal("fraud");
        await registry.RestoreModelAsync("churn", "new");
        (await registry.SearchVersionsAsync("model = 'churn'")).Versions.Select(version => version.Ref).Should().Equal(second);
    }

    [Theory]
    [InlineData("params.lr = 'x'", "'params'*no part of versions")]
    [InlineData("kind != 'Data'", "NOT kind = 'Data'")]
    [InlineData("kind = 'Dat'", "Did you mean 'Data'")]
    [InlineData("order by alias", "may have several")]
    [InlineData("order by kind", "may have several")]
    [InlineData("source_path = 'x'", "addressed by their hash")]
    [InlineData("provenance.x = 'y'", "not known")]
    [InlineData("select metrics.auc", "no SELECT")]
    public async Task SearchVersions_WrongFilter_IsRefusedWithTheReason(string filter, string message) =>
        (await SearchTests.Refused(() => Registry.SearchVersionsAsync(filter))).Should().Match("*" + message + "*");

    public sealed class TwoModels : IAsyncLifetime
    {
        internal TestEnvironment Environment { get; } = new();

        public async Task InitializeAsync()
        {
            var registry = new SqlModelRegistry(Environment.Context);
            await new MetadataArea(Environment.Context.Metadata, ExperimentsSchema.Current).WriteAsync(async (session, _) => await session.ExecuteAsync(
                "INSERT INTO experiments_runs (id, experiment, name, status, owner, started_at, heartbeat_at, created_by) VALUES ('run2', 'e', '', 'Completed', 'o', 0, 0, 'ann')"));
            for (var i = 1; i <= 3; i++)
            {
                var draft = await Drafts.SmallAsync(Environment.Context, "churn", content: $$"""{"number":{{i}}}""");
                await registry.RegisterAsync(draft with
                {
                    Metrics = new Dictionary<string, double> { ["auc"] = i == 3 ? double.NaN : 0.7 + (i * 0.1) },
                    Tags = new Dictionary<string, string> { ["owner"] = i == 1 ? "ads" : "Ads" },
                    RunId = i == 2 ? "run2" : null,
                    Provenance = i == 3 ? new ModelProvenance("staging", "churn:9", "sha256:" + new string('a', 64), "CopyModel") : null,
                });
                Environment.Clock.Advance(TimeSpan.FromSeconds(1));
            }

            await registry.RegisterAsync(await Drafts.Full(Environment.Context, "fraud").BuildAsync());
            await registry.SetAliasAsync(new ModelVersionRef("churn", 2), "champion", "test");
            await registry.SetAliasAsync(new ModelVersionRef("churn", 3), "challenger", "test");
            await registry.SetAliasAsync(new ModelVersionRef("fraud", 1), "champion", "test");
        }

        public async Task DisposeAsync() => await Environment.DisposeAsync();
    }
}
