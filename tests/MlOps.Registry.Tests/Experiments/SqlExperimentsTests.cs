using MlOps.Testing;

namespace MlOps.Registry.Tests;

public sealed class SqlExperimentsTests : IAsyncDisposable
{
    private readonly TestEnvironment _environment = new();

    private SqlExperiments Experiments => new(_environment.Context);

    public ValueTask DisposeAsync() => _environment.DisposeAsync();

    [Fact]
    public async Task Run_EverythingLogged_ReadsBack()
    {
        string id;
        await using (var run = await Experiments.StartRunAsync("training", new RunOptions { Name = "first", Tags = new Dictionary<string, string> { ["owner"] = "ads" } }))
        {
            id = run.Id;
            run.LogParameter("l2", "0.1");
            run.LogMetric("loss", 0.9, 0);
            run.LogMetric("loss", 0.5, 1);
            run.LogMetric("train/auc", 0.8);
            run.SetTag("note", "x");
            run.LogInput("flights", "sha256:abc", "training");
            await run.LogArtifactAsync("plots/roc.json", new MemoryStream("{}"u8.ToArray()), "application/json");
        }

        await _environment.ReopenAsync();
        var record = await Experiments.GetRunAsync(id);
        record.Status.Should().Be(RunStatus.Completed);
        record.Name.Should().Be("first");
        record.Parameters.Should().Equal(new Dictionary<string, string> { ["l2"] = "0.1" });
        record.Metrics.Should().Equal(new Dictionary<string, double> { ["loss"] = 0.5, ["train/auc"] = 0.8 });
        record.Tags.Should().Equal(new Dictionary<string, string> { ["owner"] = "ads", ["note"] = "x" });
        record.Inputs.Should().Equal(new RunInput("flights", "sha256:abc", "training"));
        record.Artifacts["plots/roc.json"].Size.Should().Be(2);
        record.EndedAt.Should().NotBeNull();
        (await Experiments.GetMetricHistoryAsync(id, "loss")).Select(point => (point.Step, point.Value)).Should().Equal((0, 0.9), (1, 0.5));
    }

    [Fact]
    public async Task Metrics_ManyPointsFromManyThreads_NoneIsLost()
    {
        await using var run = await Experiments.StartRunAsync("training");
        Parallel.For(0, 8, thread =>
        {
            for (var step = 0; step < 5_000; step++)
                run.LogMetric($"m{thread % 4}", thread + (step * 0.5), step);
        });
        await run.FlushAsync();
        for (var metric = 0; metric < 4; metric++)
        {
            var points = await Experiments.GetMetricHistoryAsync(run.Id, $"m{metric}");
            var expected = Enumerable.Range(0, 5_000).SelectMany(step => new[] { metric + (step * 0.5), metric + 4 + (step * 0.5) }).Order();
            points.Select(point => point.Value).Order().Should().Equal(expected);
            points.Select(point => point.Step).Should().BeInAscendingOrder();
        }
    }

    [Fact]
    public async Task Metrics_WrittenInTheBackground_WithoutFlush()
    {
        await using var run = await Experiments.StartRunAsync("training");
        run.LogMetric("loss", 1);
        _environment.Clock.Advance(TimeSpan.FromSeconds(1));
        await EventuallyAsync(async () => (await Experiments.GetRunAsync(run.Id)).Metrics.ContainsKey("loss"));
    }

    [Fact]
    public async Task Metrics_NaNInfinityAndLargestStep_AreKept()
    {
        await using var run = await Experiments.StartRunAsync("training");
        run.LogMetric("nan", double.NaN);
        run.LogMetric("inf", double.PositiveInfinity, long.MaxValue);
        await run.FlushAsync();
        var record = await Experiments.GetRunAsync(run.Id);
        record.Metrics["nan"].Should().Be(double.NaN);
        record.Metrics["inf"].Should().Be(double.PositiveInfinity);
        (await Experiments.GetMetricHistoryAsync(run.Id, "nan"))[0].Value.Should().Be(double.NaN);
    }

    [Fact]
    public async Task Metrics_LateEarlierStep_LatestStaysTheHighestStep()
    {
        await using var run = await Experiments.StartRunAsync("training");
        run.LogMetric("loss", 0.1, 10);
        run.LogMetric("loss", 0.7, 3);
        await run.FlushAsync();
        (await Experiments.GetRunAsync(run.Id)).Metrics["loss"].Should().Be(0.1);
    }

    [Fact]
    public async Task Parameter_SecondValue_IsRefusedUnlessEqual()
    {
        await using var run = await Experiments.StartRunAsync("training");
        run.LogParameter("l2", "0.1");
        run.LogParameter("l2", "0.1");
        run.Invoking(r => r.LogParameter("l2", "0.2")).Should().Throw<InvalidInputException>().WithMessage("*'0.1' already*");
    }

    [Fact]
    public async Task Fail_ThenDispose_MarksTheRunFailedWithItsError()
    {
        string id;
        await using (var run = await Experiments.StartRunAsync("training"))
        {
            id = run.Id;
            run.Fail(new InvalidOperationException("no data"));
        }

        var record = await Experiments.GetRunAsync(id);
        record.Status.Should().Be(RunStatus.Failed);
        record.Error.Should().Contain("no data");
    }

    [Fact]
    public async Task Start_SameKey_ResumesAndFencesTheFormerOwner()
    {
        var first = await Experiments.StartRunAsync("training", new RunOptions { Key = "step-1" });
        first.LogMetric("loss", 0.9, 0);
        first.LogParameter("l2", "0.1");
        await first.FlushAsync();
        await using var second = await Experiments.StartRunAsync("training", new RunOptions { Key = "step-1" });
        second.Id.Should().Be(first.Id);
        second.LogMetric("loss", 0.5, 1);
        second.Invoking(run => run.LogParameter("l2", "0.2")).Should().Throw<InvalidInputException>();
        await second.FlushAsync();

        first.LogMetric("loss", 7, 2);
        await first.Invoking(run => run.FlushAsync().AsTask()).Should().ThrowAsync<ConcurrencyConflictException>();
        first.Invoking(run => run.LogMetric("loss", 8, 3)).Should().Throw<ConcurrencyConflictException>();
        await first.DisposeAsync();

        (await Experiments.GetRunAsync(second.Id)).Status.Should().Be(RunStatus.Running);
        (await Experiments.GetMetricHistoryAsync(second.Id, "loss")).Select(point => point.Value).Should().Equal(0.9, 0.5);
    }

    [Fact]
    public async Task List_DeadProcess_IsFoundLost()
    {
        var dead = await Experiments.StartRunAsync("training", new RunOptions { Key = "k" });
        dead.LogMetric("loss", 1);
        await dead.FlushAsync();
        await using var alive = await Experiments.StartRunAsync("training");
        // The dead one's last heartbeat, written into the past as no timer of ours will renew it.
        await _environment.Context.Metadata.WriteAsync((session, _) => session.ExecuteAsync(
            "UPDATE experiments_runs SET owner = 'dead', heartbeat_at = heartbeat_at - 61000000 WHERE id = @id", ("id", dead.Id)));
        var runs = await Experiments.ListRunsAsync("training");
        runs.Single(run => run.Id == dead.Id).Status.Should().Be(RunStatus.Lost);
        runs.Single(run => run.Id == alive.Id).Status.Should().Be(RunStatus.Running);
        await using var resumed = await Experiments.StartRunAsync("training", new RunOptions { Key = "k" });
        (await Experiments.GetRunAsync(resumed.Id)).Status.Should().Be(RunStatus.Running);
        await dead.DisposeAsync();
    }

    [Fact]
    public async Task Heartbeat_SilentRun_StaysAlive()
    {
        await using var run = await Experiments.StartRunAsync("training");
        for (var i = 0; i < 5; i++)
        {
            var before = await HeartbeatAsync();
            _environment.Clock.Advance(TimeSpan.FromSeconds(20));
            await EventuallyAsync(async () => await HeartbeatAsync() > before);
        }

        (await Experiments.GetRunAsync(run.Id)).Status.Should().Be(RunStatus.Running);

        async Task<long?> HeartbeatAsync() => await _environment.Context.Metadata.ReadAsync((session, _) => session.ScalarAsync("SELECT heartbeat_at FROM experiments_runs"));
    }

    [Fact]
    public async Task Start_Parent_IsKeptAndMustExist()
    {
        await using var parent = await Experiments.StartRunAsync("training");
        await using var child = await Experiments.StartRunAsync("training", new RunOptions { ParentRunId = parent.Id });
        (await Experiments.GetRunAsync(child.Id)).ParentRunId.Should().Be(parent.Id);
        await Experiments.Invoking(e => e.StartRunAsync("training", new RunOptions { ParentRunId = "nope" }).AsTask()).Should().ThrowAsync<NotFoundException>();
    }

    [Fact]
    public async Task Artifact_SameNameOtherBytes_IsRefusedWithinARunAndReplacedByAResumedOne()
    {
        var first = await Experiments.StartRunAsync("training", new RunOptions { Key = "k" });
        await Log(first, "one");
        await Log(first, "one");
        await this.Invoking(_ => Log(first, "two")).Should().ThrowAsync<InvalidInputException>();
        await using var second = await Experiments.StartRunAsync("training", new RunOptions { Key = "k" });
        await Log(second, "two");
        (await Experiments.GetRunAsync(second.Id)).Artifacts["a"].Digest.Should().Be(ArtifactDigest.Of("two"u8).ToString());
        await first.DisposeAsync();

        static async Task Log(IRun run, string content) =>
            await run.LogArtifactAsync("a", new MemoryStream(System.Text.Encoding.UTF8.GetBytes(content)), "text/plain");
    }

    [Fact]
    public async Task Complete_Twice_And_LoggingAfter_AreToldApart()
    {
        var run = await Experiments.StartRunAsync("training");
        await run.CompleteAsync(RunStatus.Cancelled);
        await run.CompleteAsync();
        run.Invoking(r => r.LogMetric("loss", 1)).Should().Throw<InvalidOperationException>();
        await run.DisposeAsync();
        (await Experiments.GetRunAsync(run.Id)).Status.Should().Be(RunStatus.Cancelled);
    }

    [Fact]
    public async Task Logging_StoreStuck_RefusesAtTheBoundAndLosesNothing()
    {
        var timings = new ExperimentTimings { CapacityPoints = 100, FlushPoints = 1_000, BackPressure = TimeSpan.FromMilliseconds(1) };
        await using var run = await new SqlExperiments(_environment.Context, timings).StartRunAsync("training");
        for (var i = 0; i < 100; i++)
            run.LogMetric("loss", i, i);
        run.Invoking(r => r.LogMetric("loss", 100, 100)).Should().Throw<OverloadedException>();
        await run.FlushAsync();
        run.LogMetric("loss", 100, 100);
        await run.FlushAsync();
        (await Experiments.GetMetricHistoryAsync(run.Id, "loss")).Should().HaveCount(101);
    }

    [Theory]
    [InlineData("")]
    [InlineData("../x")]
    [InlineData("a\\b")]
    [InlineData("C:x")]
    [InlineData("a/../b")]
    [InlineData("a\u0001")]
    public async Task Names_NotAllowed_AreRefused(string name)
    {
        await using var run = await Experiments.StartRunAsync("training");
        run.Invoking(r => r.LogMetric(name, 1)).Should().Throw<InvalidInputException>();
        run.Invoking(r => r.LogParameter(name, "")).Should().Throw<InvalidInputException>();
        run.Invoking(r => r.SetTag(name, "")).Should().Throw<InvalidInputException>();
        await run.Invoking(r => r.LogArtifactAsync(name, Stream.Null, "text/plain").AsTask()).Should().ThrowAsync<InvalidInputException>();
        await Experiments.Invoking(e => e.StartRunAsync("/" + name).AsTask()).Should().ThrowAsync<InvalidDefinitionException>();
    }

    private static async Task EventuallyAsync(Func<Task<bool>> condition)
    {
        for (var limit = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(limit) < TimeSpan.FromSeconds(30);)
        {
            if (await condition())
                return;
            await Task.Yield();
        }

        throw new Xunit.Sdk.XunitException("What was awaited did not come.");
    }
}
