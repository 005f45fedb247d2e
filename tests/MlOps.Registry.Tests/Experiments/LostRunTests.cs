using MlOps.Testing;

namespace MlOps.Registry.Tests;

/// <summary>Two engines over one store play two processes: what one records, the other only sees in the store.</summary>
public sealed class LostRunTests : IAsyncDisposable
{
    private readonly TestEnvironment _environment = new();
    private readonly SqlExperiments _here;
    private readonly SqlExperiments _elsewhere;

    public LostRunTests()
    {
        _here = new SqlExperiments(_environment.Context);
        _elsewhere = new SqlExperiments(_environment.Context);
    }

    public ValueTask DisposeAsync() => _environment.DisposeAsync();

    [Fact]
    public async Task Find_ManyDeadProcesses_MarksEachOnceWithItsEvent()
    {
        var dead = new List<string>();
        for (var i = 0; i < 300; i++)
            dead.Add(await KilledAsync($"k{i}"));
        await using var alive = await _here.StartRunAsync("training");
        var lost = await _elsewhere.FindLostRunsAsync(1_000);
        lost.Select(run => run.Id).Should().BeEquivalentTo(dead);
        lost.Should().OnlyContain(run => run.EndedAt != null && run.Status == RunStatus.Lost);
        await _elsewhere.FindLostRunsAsync();
        var events = await _environment.Context.Events.ReadAsync(typePrefix: ExperimentEvents.RunLost);
        events.Should().HaveCount(300);
        events.Should().OnlyContain(e => e.Subject == "training");
        events[0].Data.Should().Contain("\"runId\":");
        (await _elsewhere.GetRunAsync(alive.Id)).Status.Should().Be(RunStatus.Running);
    }

    [Fact]
    public async Task Machine_WakesAfterALongSleep_ItsRunIsRunningAgain()
    {
        await using var run = await _here.StartRunAsync("training");
        run.LogMetric("loss", 1);
        await run.FlushAsync();
        await SilenceAsync(run.Id, TimeSpan.FromHours(8));
        (await _elsewhere.GetRunAsync(run.Id)).Status.Should().Be(RunStatus.Lost);
        run.LogMetric("loss", 2, 1);
        await run.FlushAsync();
        var back = await _elsewhere.GetRunAsync(run.Id);
        (back.Status, back.EndedAt).Should().Be((RunStatus.Running, null));
        (await _elsewhere.FindLostRunsAsync()).Should().BeEmpty();
    }

    [Fact]
    public async Task Clock_JumpsForward_TheProcessDoesNotMarkItsOwnRuns()
    {
        await using var run = await _here.StartRunAsync("training");
        _environment.Clock.JumpTo(_environment.Clock.GetUtcNow().AddHours(5));
        (await _here.GetRunAsync(run.Id)).Status.Should().Be(RunStatus.Running);
        (await _environment.Context.Events.ReadAsync(typePrefix: ExperimentEvents.RunLost)).Should().BeEmpty();
    }

    [Fact]
    public async Task Clock_JumpsForward_ARunMarkedByAnotherProcessComesBackWithItsHeartbeat()
    {
        await using var run = await _here.StartRunAsync("training");
        _environment.Clock.JumpTo(_environment.Clock.GetUtcNow().AddHours(5));
        (await _elsewhere.GetRunAsync(run.Id)).Status.Should().Be(RunStatus.Lost);
        await run.FlushAsync();
        run.LogMetric("loss", 1);
        await run.FlushAsync();
        (await _elsewhere.GetRunAsync(run.Id)).Status.Should().Be(RunStatus.Running);
    }

    [Fact]
    public async Task Clock_SetBack_ADeadRunIsFoundOneLeaseLaterAndALivingOneIsNot()
    {
        var dead = await _here.StartRunAsync("training");
        await using var alive = await _here.StartRunAsync("training");
        await _environment.Context.Metadata.WriteAsync((session, _) => session.ExecuteAsync(
            "UPDATE experiments_runs SET owner = 'dead' WHERE id = @id", ("id", dead.Id)));
        _environment.Clock.JumpTo(_environment.Clock.GetUtcNow().AddHours(-5));
        (await _elsewhere.FindLostRunsAsync()).Should().BeEmpty("a heartbeat from the future says nothing yet");
        _environment.Clock.Advance(TimeSpan.FromSeconds(61));
        alive.LogMetric("loss", 1);
        await alive.FlushAsync();
        (await _elsewhere.FindLostRunsAsync()).Select(run => run.Id).Should().Equal(dead.Id);
        (await _elsewhere.GetRunAsync(alive.Id)).Status.Should().Be(RunStatus.Running);
        await dead.DisposeAsync();
    }

    [Fact]
    public async Task Parent_Lost_LeavesItsLivingChildAlone()
    {
        var parent = await _here.StartRunAsync("training");
        await using var child = await parent.StartChildAsync();
        await SilenceAsync(parent.Id, TimeSpan.FromMinutes(5));
        (await _elsewhere.FindLostRunsAsync()).Select(run => run.Id).Should().Equal(parent.Id);
        (await _elsewhere.GetRunAsync(child.Id)).Status.Should().Be(RunStatus.Running);
        await parent.DisposeAsync();
    }

    private async Task<string> KilledAsync(string key)
    {
        var run = await _here.StartRunAsync("training", new RunOptions { Key = key, SystemMetricsInterval = null });
        await SilenceAsync(run.Id, TimeSpan.FromSeconds(61));
        await _environment.Context.Metadata.WriteAsync((session, _) => session.ExecuteAsync(
            "UPDATE experiments_runs SET owner = 'dead' WHERE id = @id", ("id", run.Id)));
        await run.DisposeAsync();
        return run.Id;
    }

    private async Task SilenceAsync(string id, TimeSpan by) => await _environment.Context.Metadata.WriteAsync((session, _) => session.ExecuteAsync(
        "UPDATE experiments_runs SET heartbeat_at = heartbeat_at - @by WHERE id = @id", ("by", by.Ticks / 10), ("id", id)));
}
