using MlOps.Testing;

namespace MlOps.Registry.Tests;

public sealed class StoreFailureTests : IAsyncDisposable
{
    private readonly TestEnvironment _environment = new();
    private readonly FailingMetadata _store;
    private readonly EnvironmentContext _context;

    public StoreFailureTests()
    {
        var context = _environment.Context;
        _store = new FailingMetadata(context.Metadata);
        _context = new EnvironmentContext
        {
            Name = context.Name, Kind = context.Kind, Directory = context.Directory, Files = context.Files, Metadata = _store, Artifacts = context.Artifacts,
            Events = context.Events, Audit = context.Audit, Caller = context.Caller, Clock = context.Clock,
        };
    }

    public ValueTask DisposeAsync() => _environment.DisposeAsync();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Disk_FullForAWhile_TrainingGoesOnFlushSaysSoAndNothingIsLostOrDoubled(bool afterwards)
    {
        var experiments = new SqlExperiments(_context);
        var random = new Random(11);
        await using var run = await experiments.StartRunAsync("training", new RunOptions { SystemMetricsInterval = null });
        var acknowledged = 0;
        for (var step = 0; step < 2_000; step++)
        {
            run.LogMetric("loss", step, step);
            if (step % 7 == 0)
                run.LogMetric("rare", -step, step);
            if (random.Next(40) == 0)
                (_store.Full, _store.Afterwards) = (!_store.Full, afterwards);
            if (random.Next(25) != 0)
                continue;
            try
            {
                await run.FlushAsync();
                acknowledged = step + 1;
                (await experiments.GetMetricHistoryAsync(run.Id, "loss")).Should().HaveCount(acknowledged);
            }
            catch (StorageException)
            {
                _store.Full.Should().BeTrue("a flush fails only while the disk is full");
            }
        }

        _store.Failures.Should().BePositive();
        acknowledged.Should().BePositive();
        _store.Full = false;
        await run.FlushAsync();
        (await experiments.GetMetricHistoryAsync(run.Id, "loss")).Select(point => point.Value).Should().Equal(Enumerable.Range(0, 2_000).Select(step => (double)step));
        (await experiments.GetMetricHistoryAsync(run.Id, "rare")).Should().HaveCount(286);
    }

    [Fact]
    public async Task Buffer_FullUnderDrop_TrainingNeverWaitsAndTheLossIsCounted()
    {
        var timings = new ExperimentTimings { CapacityPoints = 100, FlushPoints = 1_000, BackPressure = TimeSpan.FromMinutes(10) };
        await using var run = await new SqlExperiments(_context, timings).StartRunAsync("training", new RunOptions { WhenFull = FullBuffer.Drop });
        _store.Full = true;
        for (var i = 0; i < 250; i++)
            run.LogMetric("loss", i, i);
        run.DroppedPoints.Should().Be(150);
        _store.Full = false;
        await run.FlushAsync();
        run.LogMetrics([new("loss", 1), new("other", 2)], 300);
        await run.FlushAsync();
        (await new SqlExperiments(_context).GetMetricHistoryAsync(run.Id, "loss")).Should().HaveCount(101);
    }

    [Fact]
    public async Task Disk_FullWhileARunIsLost_ReadingStillWorks()
    {
        var experiments = new SqlExperiments(_context);
        var dead = await experiments.StartRunAsync("training");
        await _environment.Context.Metadata.WriteAsync((session, _) => session.ExecuteAsync("UPDATE experiments_runs SET owner = 'dead', heartbeat_at = 0"));
        _store.Full = true;
        (await experiments.ListRunsAsync("training")).Should().ContainSingle().Which.Status.Should().Be(RunStatus.Running);
        _store.Full = false;
        (await experiments.ListRunsAsync("training")).Should().ContainSingle().Which.Status.Should().Be(RunStatus.Lost);
        await dead.DisposeAsync();
    }

    [Fact]
    public async Task RunAsync_WorkFailsWhileTheDiskIsFull_TheWorksErrorIsTold()
    {
        await new SqlExperiments(_context).Invoking(e => e.RunAsync("training", (_, _) =>
        {
            _store.Full = true;
            throw new InvalidOperationException("no data");
        }).AsTask()).Should().ThrowAsync<InvalidOperationException>().WithMessage("no data");
    }
}
