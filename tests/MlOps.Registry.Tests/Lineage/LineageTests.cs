using MlOps.Reporting;
using MlOps.Testing;

namespace MlOps.Registry.Tests;

public sealed class LineageTests : IAsyncDisposable
{
    private static readonly string Raw = ArtifactDigest.Of("raw"u8).ToString();
    private static readonly string Service = "customers@0123456789abcdef";
    private readonly TestEnvironment _environment = new();

    public ValueTask DisposeAsync() => _environment.DisposeAsync();

    [Fact]
    public async Task Chain_RawDataThroughTwoRunsToAnAlias_IsFoundBothWays()
    {
        var (frame, version, prepare, train) = await ChainAsync();
        var lineage = Explorer();
        var down = await lineage.GetDownstreamAsync(LineageNode.Data(Raw));
        down.Nodes.Should().Equal(
            LineageNode.Data(Raw), LineageNode.Run(prepare), LineageNode.Data(frame), LineageNode.Run(train), LineageNode.Version(version),
            new LineageNode(LineageNodeKind.Alias, "churn@champion"));
        down.Edges.Select(edge => (edge.Kind, edge.From.Kind, edge.To.Kind)).Should().BeEquivalentTo(
        [
            (LineageEdgeKind.Read, LineageNodeKind.Data, LineageNodeKind.Run), (LineageEdgeKind.Wrote, LineageNodeKind.Run, LineageNodeKind.Data),
            (LineageEdgeKind.Read, LineageNodeKind.Data, LineageNodeKind.Run), (LineageEdgeKind.Trained, LineageNodeKind.Data, LineageNodeKind.ModelVersion),
            (LineageEdgeKind.Made, LineageNodeKind.Run, LineageNodeKind.ModelVersion), (LineageEdgeKind.Named, LineageNodeKind.ModelVersion, LineageNodeKind.Alias),
        ]);
        down.IsTruncated.Should().BeFalse();

        var up = await lineage.GetUpstreamAsync(new LineageNode(LineageNodeKind.Alias, "churn@champion"));
        up.OfKind(LineageNodeKind.Data).Should().Equal(frame, Raw);
        up.OfKind(LineageNodeKind.Run).Should().Equal(train, prepare);
        up.OfKind(LineageNodeKind.FeatureService).Should().Equal(Service);
        up.Edges.Should().Contain(new LineageEdge(LineageNode.Data(frame), LineageNode.Version(version), LineageEdgeKind.Trained, "training: frame"));
    }

    [Fact]
    public async Task Graph_InAReport_IsDrawn()
    {
        var (_, version, _, _) = await ChainAsync();
        var graph = await Explorer().GetUpstreamAsync(LineageNode.Version(version));
        var plot = graph.ToPlot("Lineage");
        plot.Nodes.Should().HaveCount(graph.Nodes.Count);
        plot.Nodes[0].State.Should().Be(PlotState.Succeeded);
        new HtmlReport("Report").Section("Lineage", section => section.Plot(plot)).ToHtml().Should().Contain("churn:1").And.Contain("sha256:");
    }

    [Fact]
    public async Task Copy_NamesTheForeignVersion()
    {
        var draft = (await Drafts.SmallAsync(_environment.Context)) with { Provenance = new ModelProvenance("staging", "churn:7", Raw, "CopyModel") };
        var version = await new SqlModelRegistry(_environment.Context).RegisterAsync(draft);
        var foreign = new LineageNode(LineageNodeKind.ForeignVersion, "staging/churn:7");
        (await Explorer().GetUpstreamAsync(LineageNode.Version(version.Ref))).Edges.Should().Equal(new LineageEdge(foreign, LineageNode.Version(version.Ref), LineageEdgeKind.Copied, "CopyModel"));
        (await Explorer().GetDownstreamAsync(foreign)).OfKind(LineageNodeKind.ModelVersion).Should().Equal("churn:1");
    }

    [Fact]
    public async Task OtherSources_AreFollowedToPredictions()
    {
        var (_, version, _, _) = await ChainAsync();
        var (endpoint, predictions) = (LineageNode.Endpoint("churn"), new LineageNode(LineageNodeKind.Predictions, $"churn/{version}"));
        var lineage = Explorer(
            new LineageEdge(LineageNode.Version(version), endpoint, LineageEdgeKind.Serves), new LineageEdge(LineageNode.Version(version), predictions, LineageEdgeKind.Answered, "12 predictions"));
        var down = await lineage.GetDownstreamAsync(LineageNode.Data(Raw));
        (down.OfKind(LineageNodeKind.Endpoint).Single(), down.OfKind(LineageNodeKind.Predictions).Single()).Should().Be(("churn", "churn/churn:1"));
        (await lineage.GetUpstreamAsync(predictions)).OfKind(LineageNodeKind.Data).Should().Contain(Raw);
    }

    [Fact]
    public async Task Circles_OfSources_AreCutAndTheWalkEnds()
    {
        LineageNode[] nodes = [.. Enumerable.Range(0, 6).Select(i => LineageNode.Data($"d{i}"))];
        var edges = nodes.SelectMany(from => nodes.Select(to => new LineageEdge(from, to, LineageEdgeKind.Wrote))).ToArray();
        var graph = await Explorer(edges).GetDownstreamAsync(nodes[0]);
        graph.Nodes.Should().HaveCount(6);
        IsAcyclic(graph).Should().BeTrue();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task RandomGraphs_AreReachedWholeAndAcyclic(int seed)
    {
        var random = new Random(seed);
        LineageNode[] nodes = [.. Enumerable.Range(0, 40).Select(i => LineageNode.Data($"d{i}"))];
        var edges = Enumerable.Range(0, 120).Select(_ => new LineageEdge(nodes[random.Next(40)], nodes[random.Next(40)], LineageEdgeKind.Wrote)).ToArray();
        var reached = new HashSet<LineageNode> { nodes[0] };
        while (edges.Count(edge => reached.Contains(edge.From) && reached.Add(edge.To)) > 0)
        {
        }

        var graph = await Explorer(edges).GetDownstreamAsync(nodes[0], new LineageOptions { Depth = 50 });
        graph.Nodes.Should().BeEquivalentTo(reached);
        IsAcyclic(graph).Should().BeTrue();
        var known = nodes[..1].ToHashSet();
        foreach (var edge in graph.Edges)
        {
            known.Should().Contain(edge.From, "each edge hangs on one found before");
            known.Add(edge.To);
        }
    }

    [Fact]
    public async Task Limits_CutAndSaySo()
    {
        var chain = Enumerable.Range(0, 30).Select(i => new LineageEdge(LineageNode.Data($"d{i}"), LineageNode.Data($"d{i + 1}"), LineageEdgeKind.Wrote)).ToArray();
        var fan = Enumerable.Range(0, 30).Select(i => new LineageEdge(LineageNode.Data("hub"), LineageNode.Data($"f{i}"), LineageEdgeKind.Wrote)).ToArray();
        var lineage = Explorer([.. chain, .. fan]);
        var deep = await lineage.GetDownstreamAsync(LineageNode.Data("d0"), new LineageOptions { Depth = 5 });
        (deep.Nodes.Count, deep.IsTruncated).Should().Be((6, true));
        var wide = await lineage.GetDownstreamAsync(LineageNode.Data("hub"), new LineageOptions { MaximumNodes = 10 });
        (wide.Nodes.Count, wide.IsTruncated).Should().Be((10, true));
        await lineage.Invoking(l => l.GetDownstreamAsync(LineageNode.Data("d0"), new LineageOptions { Depth = 51 }).AsTask()).Should().ThrowAsync<InvalidInputException>();
        await lineage.Invoking(l => l.GetUpstreamAsync(LineageNode.Version(new("churn", 9))).AsTask()).Should().ThrowAsync<ModelNotFoundException>();
        await lineage.Invoking(l => l.GetUpstreamAsync(default).AsTask()).Should().ThrowAsync<InvalidInputException>();
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("""{"formatVersion":2,"data":[]}""")]
    [InlineData("""{"formatVersion":1,"data":[{"name":1}]}""")]
    [InlineData("not json")]
    public async Task Version_WithReferencesOfAnotherFormat_IsRegisteredWithoutThem(string content)
    {
        var draft = await Drafts.SmallAsync(_environment.Context);
        draft = draft with { Artifacts = [.. draft.Artifacts, new ModelArtifact(ModelArtifactKind.Data, "references", await Drafts.StoreAsync(_environment.Context, content))] };
        var version = await new SqlModelRegistry(_environment.Context).RegisterAsync(draft);
        (await Explorer().GetUpstreamAsync(LineageNode.Version(version.Ref))).Edges.Should().BeEmpty();
    }

    private async Task<(string Frame, ModelVersionRef Version, string Prepare, string Train)> ChainAsync()
    {
        var experiments = new SqlExperiments(_environment.Context);
        ArtifactRef frame;
        var prepare = await experiments.StartRunAsync("prepare");
        await using (prepare)
        {
            prepare.LogInput("raw", Raw, "source");
            frame = await prepare.LogArtifactAsync("frame", new MemoryStream("rows"u8.ToArray()), "text/plain");
        }

        var train = await experiments.StartRunAsync("train");
        await using (train)
            train.LogInput("frame", frame.Digest, "training");
        var draft = await new ModelVersionBuilder(_environment.Context.Artifacts, "churn").WithSignature(Drafts.Signature).WithRun(train.Id)
            .WithFeaturize($$"""{"service":"{{Service}}"}""").WithData(new DataReference("frame", "training", frame.Digest, 4)).BuildAsync();
        var registry = new SqlModelRegistry(_environment.Context);
        var version = (await registry.RegisterAsync(draft)).Ref;
        await registry.SetAliasAsync(version, "champion", "first");
        return (frame.Digest, version, prepare.Id, train.Id);
    }

    private LineageExplorer Explorer(params LineageEdge[] edges) => new(_environment.Context, edges.Length == 0 ? [] : [new Edges(edges)]);

    private static bool IsAcyclic(LineageGraph graph)
    {
        var open = graph.Edges.ToList();
        while (open.RemoveAll(edge => open.All(other => other.To != edge.From)) > 0)
        {
        }

        return open.Count == 0;
    }

    private sealed class Edges(LineageEdge[] edges) : ILineageSource
    {
        public ValueTask<IReadOnlyList<LineageEdge>> GetEdgesAsync(LineageNode node, LineageDirection direction, int limit, CancellationToken cancellationToken = default) =>
            new([.. edges.Where(edge => (direction == LineageDirection.Downstream ? edge.From : edge.To) == node).Take(limit)]);
    }
}
