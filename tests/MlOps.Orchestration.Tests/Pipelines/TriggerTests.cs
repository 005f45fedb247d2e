namespace MlOps.Orchestration.Tests;

public sealed class TriggerTests : PipelineTest
{
    private TestHost Triggered(EventTrigger<int> trigger, Func<IMetadataStore, IMetadataStore>? wrap = null) =>
        Host(p => p.Step("a", (_, x, _) => Count("a", x), step => step.NoCache()), wrap: wrap, configure: builder => builder.AddPipelineTrigger<DelegatePipeline, int>(trigger));

    private static EventTrigger<int> OnDrift(TimeSpan debounce = default) => new()
    {
        Name = "retrain-on-drift",
        EventType = "monitoring.drift",
        Debounce = debounce,
        Input = happened => int.Parse(happened.Data, System.Globalization.CultureInfo.InvariantCulture),
    };

    [Fact]
    public async Task Event_StartsOneRunWithMappedInput_OthersDoNot()
    {
        var host = Triggered(OnDrift());
        await Sandbox.Context.Events.AppendAsync("monitoring.drift.detected", "churn", "42");
        await Sandbox.Context.Events.AppendAsync("monitoring.quality.low", "churn", "43");
        (await host.Services.WorkerOf("sandbox").ProcessPendingAsync()).Should().Be(1);
        (await host.Services.WorkerOf("sandbox").ProcessPendingAsync()).Should().Be(0);
        var run = (await host.Pipelines.ListAsync()).Single();
        run.Input.Should().Be("42");
        run.Reason.Should().Contain("retrain-on-drift").And.Contain("monitoring.drift.detected of churn");
        run.Status.Should().Be(PipelineStatus.Completed);
    }

    [Fact]
    public async Task Debounce_PassesOverFollowers_ByTheirOwnTime()
    {
        var host = Triggered(OnDrift(TimeSpan.FromHours(1)));
        for (var i = 0; i < 5; i++)
        {
            await Sandbox.Context.Events.AppendAsync("monitoring.drift.detected", "churn", $"{i}");
            Sandbox.Clock.Advance(TimeSpan.FromMinutes(25));
        }

        await host.Services.WorkerOf("sandbox").ProcessPendingAsync();
        (await host.Pipelines.ListAsync()).Select(run => run.Input).Should().BeEquivalentTo("0", "3");
    }

    [Fact]
    public async Task OldEvent_And_BrokenMapping_ArePassedOver()
    {
        var host = Triggered(OnDrift());
        await Sandbox.Context.Events.AppendAsync("monitoring.drift.detected", "churn", "1");
        Sandbox.Clock.Advance(TimeSpan.FromDays(2));
        await Sandbox.Context.Events.AppendAsync("monitoring.drift.detected", "churn", "\"no number\"");
        await Sandbox.Context.Events.AppendAsync("monitoring.drift.detected", "churn", "3");
        await host.Services.WorkerOf("sandbox").ProcessPendingAsync();
        (await host.Pipelines.ListAsync()).Select(run => run.Input).Should().Equal("3");
        (await Sandbox.Context.Events.ReadAsync(typePrefix: "orchestration.trigger.failed")).Should().ContainSingle().Which.Data.Should().Contain("FormatException");
    }

    [Fact]
    public async Task TwoHostsAndACrashAtEveryCommit_OneRunPerEvent()
    {
        for (var i = 0; i < 4; i++)
            await Sandbox.Context.Events.AppendAsync("monitoring.drift.detected", "churn", $"{i}");
        for (var at = 1; at < 12; at++)
        {
            var dying = Triggered(OnDrift(), inner => new CrashingStore(inner, at, at % 2 == 0));
            try
            {
                await dying.Services.WorkerOf("sandbox").ProcessPendingAsync();
            }
            catch (HostDiedException)
            {
            }

            Sandbox.Clock.Advance(TimeSpan.FromMinutes(1));
        }

        var one = Triggered(OnDrift());
        var two = Triggered(OnDrift());
        await Task.WhenAll(one.Services.WorkerOf("sandbox").ProcessPendingAsync().AsTask(), two.Services.WorkerOf("sandbox").ProcessPendingAsync().AsTask());
        await one.Services.WorkerOf("sandbox").ProcessPendingAsync();
        (await one.Pipelines.ListAsync()).Select(run => run.Input).Should().BeEquivalentTo("0", "1", "2", "3");
    }

    [Fact]
    public async Task Worker_RunsUntilCancelled_SeesLaterEvents()
    {
        var host = Triggered(OnDrift());
        using var stop = new CancellationTokenSource();
        var working = host.Services.WorkerOf("sandbox").RunAsync(stop.Token);
        await host.UntilAsync(() => Sandbox.Clock.PendingTimers > 0);
        await Sandbox.Context.Events.AppendAsync("monitoring.drift.detected", "churn", "7");
        Sandbox.Clock.Advance(TimeSpan.FromSeconds(1));
        await host.UntilAsync(() => Ran.ContainsKey("a"));
        await stop.CancelAsync();
        await working.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void BadTrigger_ListsItsMistakes() =>
        FluentActions.Invoking(() => Triggered(new EventTrigger<int> { Name = "a b", EventType = "", Input = _ => 1, Debounce = TimeSpan.FromSeconds(-1) }))
            .Should().Throw<InvalidDefinitionException>().Which.Message.Should().ContainAll("'a b'", "EventType is empty", "Debounce");
}
