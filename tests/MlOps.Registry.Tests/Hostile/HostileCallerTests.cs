using MlOps.Testing;

namespace MlOps.Registry.Tests;

/// <summary>Odd acts that are not refused: they do no harm.</summary>
public sealed class HostileCallerTests : IAsyncLifetime
{
    private HostileStore _store = null!;

    public async Task InitializeAsync() => _store = await HostileStore.CreateAsync();

    public async Task DisposeAsync() => await _store.DisposeAsync();

    [Fact]
    public async Task Register_ListsThatChangeBetweenTwoLooks_StoresWhatWasChecked()
    {
        var looks = 0;
        var good = _store.Draft.Artifacts[0];
        var version = await _store.Models.RegisterAsync(_store.Draft with
        {
            Artifacts = new HostileCases.OddList<ModelArtifact>(() => looks++ == 0 ? [good] : [good with { Name = "../../evil" }]),
            Tags = new HostileCases.OddTags(() => looks++ < 2 ? [new("owner", "ads")] : [new("../x", new string('x', 1 << 20))]),
        });
        var stored = await _store.Models.GetAsync(version.Ref);
        stored.Artifacts.Should().Equal(good);
        stored.Tags.Should().Equal(new Dictionary<string, string> { ["owner"] = "ads" });
        await _store.DescribeAsync();
    }

    [Fact]
    public async Task StartRun_TagsThatChangeBetweenTwoLooks_StoresWhatWasChecked()
    {
        var looks = 0;
        await using var run = await _store.Experiments.StartRunAsync("x", new RunOptions { Tags = new HostileCases.OddTags(() => looks++ == 0 ? [new("a", "b")] : [new("../x", "\uD800")]) });
        (await _store.Experiments.GetRunAsync(run.Id)).Tags.Should().Equal(new Dictionary<string, string> { ["a"] = "b" });
    }

    [Theory]
    [InlineData("name = '''; DROP TABLE registry_models; --'")]
    [InlineData("tags.`owner'; DELETE FROM registry_tags; --` = 'x'")]
    [InlineData("tags.owner = '\" OR \"1\"=\"1'")]
    [InlineData("tags.owner like '%\u202E%'")]
    [InlineData("name in ('a', '''', '\\', '@model', '?1', ':x', '$y')")]
    [InlineData("version = -9223372036854775808")]
    [InlineData("metrics.auc > 1e308 or metrics.auc < -1e308")]
    public async Task Search_SqlInsideOfTexts_FindsNothingAndHarmsNothing(string filter)
    {
        var before = await _store.DescribeAsync();
        (await _store.Models.SearchVersionsAsync(new VersionQuery { Filter = filter })).Versions.Should().BeEmpty();
        (await _store.DescribeAsync()).Should().Equal(before);
    }

    [Fact]
    public async Task Values_ThatLookLikeSql_AreStoredAsTheyAre()
    {
        const string Odd = "'; DROP TABLE registry_models; -- \" ` \\ \u202E %_ {{}} @model :x ?";
        await _store.Models.SetTagsAsync(_store.Version.Ref, new Dictionary<string, string?> { ["a'b\"c` -- ;"] = Odd });
        (await _store.Models.GetAsync(_store.Version.Ref)).Tags["a'b\"c` -- ;"].Should().Be(Odd);
        (await _store.Models.SearchVersionsAsync(new VersionQuery { Filter = $"tags.`a'b\"c`` -- ;` = '{Odd.Replace("'", "''", StringComparison.Ordinal)}'" })).Versions.Should().ContainSingle();
    }

    [Fact]
    public async Task Numbers_ThatAreNone_AndTheLargestStep_AreKept()
    {
        await using var run = await _store.Experiments.StartRunAsync("numbers");
        foreach (var value in (double[])[double.NaN, double.PositiveInfinity, double.NegativeInfinity, double.MaxValue, double.Epsilon, -0.0])
            run.LogMetric("odd", value, long.MaxValue);
        await run.FlushAsync();
        (await _store.Experiments.GetMetricHistoryAsync(run.Id, "odd")).Select(point => point.Value).Should().Equal(
            double.NaN, double.PositiveInfinity, double.NegativeInfinity, double.MaxValue, double.Epsilon, -0.0);
    }

    [Fact]
    public async Task Onnx_Of300000Nodes_IsRegistered()
    {
        var bytes = OnnxBytes.Model(graph =>
        {
            for (var i = 0; i < 300_000; i++)
                graph.Message(1, node => node.Text(1, "features").Text(2, "scores").Text(4, "Identity").Message(5, attribute => attribute.Text(1, "a").Number(3, i)));
            OnnxBytes.Value(graph, 11, "features", 1, "N", 3);
            OnnxBytes.Value(graph, 12, "scores", 1, "N", 1);
        });
        OnnxModelReader.Read(bytes).Nodes.Should().Be(300_000);
        var blob = await _store.Artifacts.PutBytesAsync(bytes, ModelArtifactNames.OnnxMediaType);
        (await _store.Models.RegisterAsync(_store.Draft with { Artifacts = [new ModelArtifact(ModelArtifactKind.Functions, ModelArtifactNames.Predict, blob)] })).Version.Should().Be(3);
    }

    [Fact]
    public async Task Check_OfTheCatalogue_SeesEveryChange()
    {
        var before = await _store.DescribeAsync();
        await _store.Models.SetTagsAsync(_store.Version.Ref, new Dictionary<string, string?> { ["x"] = "y" });
        var tagged = await _store.DescribeAsync();
        tagged.Should().NotEqual(before);
        await File.WriteAllTextAsync(Path.Combine(_store.Root, "artifacts", "temporary", "left"), "");
        (await _store.DescribeAsync()).Should().NotEqual(tagged);
    }

    [Fact]
    public async Task Dispose_BesideEveryKindOfWork_LosesNothingThatWasAcknowledged()
    {
        for (var round = 0; round < 5; round++)
        {
            var (models, experiments, artifacts) = (_store.Models, _store.Experiments, _store.Artifacts);
            var draft = _store.Draft;
            var registered = new System.Collections.Concurrent.ConcurrentBag<int>();
            using var begun = new SemaphoreSlim(0);
            var work = Enumerable.Range(0, 4).Select(worker => Task.Run(async () =>
            {
                try
                {
                    for (var i = 0; i < 500; i++)
                    {
                        var blob = await artifacts.PutBytesAsync(System.Text.Encoding.UTF8.GetBytes($"{round} {worker} {i}"), "text/plain");
                        registered.Add((await models.RegisterAsync(draft with { Artifacts = [draft.Artifacts[0] with { Content = blob }] })).Version);
                        begun.Release();
                        await experiments.ListExperimentsAsync();
                    }
                }
                catch (Exception error) when (error is ObjectDisposedException or StorageException)
                {
                    // The store was closed: that is what the error says.
                }
            })).ToArray();
            for (var i = 0; i < 8; i++)
                await begun.WaitAsync();
            await _store.CloseAsync();
            await Task.WhenAll(work);
            _store.Open();
            var versions = (await _store.Models.ListAsync("churn", limit: 100_000)).Select(version => version.Version).ToHashSet();
            versions.Should().Contain(registered);
            await _store.DescribeAsync();
        }
    }
}
