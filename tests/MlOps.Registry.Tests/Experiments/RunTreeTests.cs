using MlOps.Testing;

namespace MlOps.Registry.Tests;

public sealed class RunTreeTests : IAsyncDisposable
{
    private readonly TestEnvironment _environment = new();

    private SqlExperiments Experiments => new(_environment.Context);

    public ValueTask DisposeAsync() => _environment.DisposeAsync();

    [Fact]
    public async Task Tree_FromAnyRun_ShowsParentsChildrenAndRoot()
    {
        await using var search = await Experiments.StartRunAsync("search");
        await using var fold = await search.StartChildAsync(new RunOptions { Name = "fold" }, experiment: "folds");
        await using var inner = await fold.StartChildAsync();
        _environment.Clock.Advance(TimeSpan.FromMilliseconds(10));
        await using var second = await search.StartChildAsync();

        (await Experiments.GetRunAsync(inner.Id)).Experiment.Should().Be("folds", "a child lives in its parent's experiment");
        var tree = await Experiments.GetRunTreeAsync(inner.Id, fromRoot: true);
        tree.Run.Id.Should().Be(search.Id);
        tree.Children.Select(child => child.Run.Id).Should().Equal(fold.Id, second.Id);
        tree.Children[0].Children.Single().Run.Id.Should().Be(inner.Id);
        tree.Flatten().Should().HaveCount(4);
        (await Experiments.GetRunTreeAsync(fold.Id)).Flatten().Select(run => run.Id).Should().Equal(fold.Id, inner.Id);
        (await Experiments.ListRunsAsync("search", new RunListOptions { TopLevelOnly = true })).Select(run => run.Id).Should().Equal(search.Id);
        (await Experiments.ListRunsAsync("folds", new RunListOptions { ParentRunId = search.Id })).Select(run => run.Id).Should().Equal(fold.Id);
    }

    [Fact]
    public async Task Child_ThatFails_DoesNotEndItsParent_NorTheOtherWayRound()
    {
        var parent = await Experiments.StartRunAsync("training");
        var child = await parent.StartChildAsync();
        var other = await parent.StartChildAsync();
        child.Fail(new InvalidOperationException("bad"));
        await child.DisposeAsync();
        (await Experiments.GetRunAsync(parent.Id)).Status.Should().Be(RunStatus.Running);
        await parent.DisposeAsync();
        (await Experiments.GetRunAsync(other.Id)).Status.Should().Be(RunStatus.Running);
        await other.DisposeAsync();
    }

    [Fact]
    public async Task Child_DeeperThanTheBound_IsRefused()
    {
        var runs = new Stack<IRun>();
        runs.Push(await Experiments.StartRunAsync("training", new RunOptions { SystemMetricsInterval = null }));
        while (runs.Count < RegistryLimits.RunDepth)
            runs.Push(await runs.Peek().StartChildAsync(new RunOptions { SystemMetricsInterval = null }));
        await runs.Peek().Invoking(run => run.StartChildAsync().AsTask()).Should().ThrowAsync<InvalidInputException>().WithMessage("*runs deep*");
        (await Experiments.GetRunTreeAsync(runs.Peek().Id, fromRoot: true)).Flatten().Should().HaveCount(RegistryLimits.RunDepth);
        foreach (var run in runs)
            await run.DisposeAsync();
    }

    [Fact]
    public async Task Child_OfAnotherParentInItsOptions_IsRefused()
    {
        await using var run = await Experiments.StartRunAsync("training");
        await run.Invoking(r => r.StartChildAsync(new RunOptions { ParentRunId = "other" }).AsTask()).Should().ThrowAsync<InvalidInputException>();
    }

    [Fact]
    public async Task Compare_Runs_ShowsWhatDiffers()
    {
        var ids = new List<string>();
        foreach (var (rate, depth) in new[] { ("0.1", "3"), ("0.2", "3") })
        {
            await using var run = await Experiments.StartRunAsync("training", new RunOptions { Name = rate });
            run.LogParameter("rate", rate);
            run.LogParameter("depth", depth);
            run.LogMetric("auc", rate == "0.1" ? 0.8 : 0.9);
            run.LogMetric("nan", double.NaN);
            if (rate == "0.2")
                run.LogMetric("only", 1);
            ids.Add(run.Id);
        }

        var comparison = await Experiments.CompareRunsAsync(ids);
        comparison.Runs.Select(run => run.Id).Should().Equal(ids);
        comparison.Parameters.Should().ContainSingle().Which.Values.Should().Equal("0.1", "0.2");
        comparison.Metrics.Select(row => row.Name).Should().Equal("auc", "only");
        comparison.Metrics[1].Values.Should().Equal(null, 1.0);
        (await Experiments.CompareRunsAsync(ids, includeEqual: true)).Metrics.Should().HaveCount(3);
        comparison.ToTable().Rows.Should().HaveCount(3);
        await Experiments.Invoking(e => e.CompareRunsAsync([ids[0]]).AsTask()).Should().ThrowAsync<InvalidInputException>();
        await Experiments.Invoking(e => e.CompareRunsAsync([ids[0], "nope"]).AsTask()).Should().ThrowAsync<NotFoundException>();
    }
}
