using Microsoft.Extensions.DependencyInjection;

namespace MlOps.Serving.Tests.Models;

public sealed class ModelPoolTests
{
    [Fact]
    public async Task PredictAsync_64CallersOfAModelNotLoaded_LoadItOnce()
    {
        await using var pool = new PoolFixture { LoadGate = new() };
        var version = await pool.RegisterAsync();
        var callers = Enumerable.Range(0, 64).Select(caller => Task.Run(() => pool.PredictAsync(version, caller, 1, 1))).ToArray();
        await WaitForAsync(() => pool.Loads == 1 && pool.Status(version) is { State: ServedModelState.Loading, Requests: 64 });
        pool.LoadGate.SetResult();
        (await Task.WhenAll(callers)).Should().Equal(Enumerable.Range(0, 64).Select(caller => caller + 2f));
        (pool.Loads, pool.Status(version).State).Should().Be((1, ServedModelState.Ready));
    }

    [Fact]
    public async Task Budget_MoreModelsThanFit_IsNeverExceededAndTheLeastUsedGo()
    {
        await using var pool = new PoolFixture(new ModelMemoryOptions { BudgetBytes = 350 });
        var versions = new List<ModelVersionRef>();
        for (var i = 0; i < 8; i++)
            versions.Add(await pool.RegisterAsync(100));
        for (var i = 0; i < 40; i++)
            (await pool.PredictAsync(versions[i % 2], i, 1, 2)).Should().Be(i + 3);
        foreach (var version in versions)
            (await pool.PredictAsync(version, 1, 1, 1)).Should().Be(3);
        pool.Pool.PeakBytes.Should().Be(300);
        pool.Loads.Should().Be(8);
        pool.Models.List().Where(status => status.State == ServedModelState.Ready).Select(status => status.Version).Should().Equal(versions[0], versions[1], versions[7]);
        pool.Status(versions[3]).Should().Match<ServedModelStatus>(status => status.State == ServedModelState.Unloaded && status.MemoryBytes == 0 && status.Inputs.Count == 1 && status.Requests == 1);
        pool.Runtimes.Count(runtime => runtime.Disposed).Should().Be(5);
    }

    [Fact]
    public async Task Budget_RequestInFlight_IsAnsweredBeforeItsModelGoes()
    {
        await using var pool = new PoolFixture(new ModelMemoryOptions { BudgetBytes = 150 });
        var (one, two) = (await pool.RegisterAsync(), await pool.RegisterAsync());
        await pool.PredictAsync(one, 1, 1, 1);
        var runtime = pool.Runtimes[0];
        while (runtime.Entered.Wait(0))
        {
        }

        runtime.Gate.Reset();
        var first = Task.Run(() => pool.PredictAsync(one, 1, 2, 3));
        runtime.Entered.Wait();
        var second = Task.Run(() => pool.PredictAsync(two, 4, 5, 6));
        await WaitForAsync(() => pool.Models.List().Any(status => status.Version == two));
        second.IsCompleted.Should().BeFalse();
        runtime.Disposed.Should().BeFalse();
        runtime.Gate.Set();
        (await first, await second).Should().Be((6f, 15f));
        (runtime.Disposed, runtime.UsedAfterDispose, pool.Pool.PeakBytes).Should().Be((true, false, 100L));
    }

    [Fact]
    public async Task Budget_EndpointsVersionUnloaded_IsLoadedAgainByItsNextRequest()
    {
        await using var pool = new PoolFixture(new ModelMemoryOptions { BudgetBytes = 6 << 10 });
        var (one, two) = (await pool.RegisterAsync(100), await pool.RegisterAsync(6000));
        await pool.Endpoint.SetTrafficAsync(TrafficPolicy.Single(one), "first");
        var scores = new float[1];
        await pool.Endpoint.PredictAsync(new float[] { 1, 2, 3 }, scores);
        pool.Status(one).Endpoints.Should().Equal("flight-delay");
        await pool.PredictAsync(two, 1, 1, 1);
        pool.Status(one).Should().Match<ServedModelStatus>(status => status.State == ServedModelState.Unloaded && status.Endpoints.Count == 1 && status.Requests == 1);
        (await pool.Fixture.Endpoints.ListAsync())[0].IsReady.Should().BeTrue();
        scores[0] = 0;
        (await pool.Endpoint.PredictAsync(new float[] { 1, 2, 3 }, scores)).Version.Should().Be(one);
        scores[0].Should().Be(6);
        await pool.PredictAsync(two, 1, 1, 1);
        (await pool.Endpoint.PredictAsync(PoolFixture.Row(1, 1, 2)))["output"].AsSpan<float>()[0].Should().Be(4);
        pool.Loads.Should().Be(5);
        pool.Status(one).Requests.Should().Be(3);
        pool.Runtimes.Should().OnlyContain(runtime => !runtime.UsedAfterDispose);
    }

    [Fact]
    public async Task Budget_PinnedModels_AreKeptAndWhoCannotFitIsTold()
    {
        await using var pool = new PoolFixture(new ModelMemoryOptions { BudgetBytes = 250 });
        var (one, two, three) = (await pool.RegisterAsync(), await pool.RegisterAsync(200), await pool.RegisterAsync(300));
        (await pool.Models.LoadAsync(one)).Should().Match<ServedModelStatus>(status => status.IsPinned && status.MemoryBytes == 100 && status.Device == "cpu" && status.LoadedAt != null);
        (await pool.Invoking(p => p.PredictAsync(two, 1, 1, 1)).Should().ThrowAsync<OverloadedException>()).WithMessage("*200 bytes*hold 100*250*");
        (await pool.Invoking(p => p.PredictAsync(three, 1, 1, 1)).Should().ThrowAsync<InvalidDefinitionException>()).WithMessage("*300 bytes*whole budget of 250*");
        (await pool.Models.UnloadAsync(one)).Should().BeTrue();
        (await pool.PredictAsync(two, 1, 1, 1)).Should().Be(3);
        (await pool.Models.UnloadAsync(one)).Should().BeFalse();
    }

    [Fact]
    public async Task Budget_PinEndpoints_KeepsWhatEndpointsServe()
    {
        await using var pool = new PoolFixture(new ModelMemoryOptions { BudgetBytes = 8 << 10, PinEndpoints = true });
        var (one, two) = (await pool.RegisterAsync(100), await pool.RegisterAsync(8000));
        await pool.Endpoint.SetTrafficAsync(TrafficPolicy.Single(one), "first");
        await pool.Invoking(p => p.PredictAsync(two, 1, 1, 1)).Should().ThrowAsync<OverloadedException>();
        pool.Status(one).State.Should().Be(ServedModelState.Ready);
    }

    [Fact]
    public async Task Budget_ModelInUseForLong_MakesOthersWaitNoLongerThanAllowed()
    {
        await using var pool = new PoolFixture(new ModelMemoryOptions { BudgetBytes = 150 });
        var (one, two) = (await pool.RegisterAsync(), await pool.RegisterAsync());
        using (await pool.Pool.LeaseAsync(one, new BatchingOptions(), LoadIntent.Explicit, default))
        {
            var waiting = pool.PredictAsync(two, 1, 1, 1);
            await WaitForAsync(() => pool.Fixture.Environment.Clock.PendingTimers > 0 && pool.Pool.Loads == 2);
            while (!waiting.IsCompleted)
            {
                pool.Fixture.Environment.Clock.Advance(TimeSpan.FromSeconds(31));
                await Task.Delay(1);
            }

            await waiting.Invoking(task => task).Should().ThrowAsync<OverloadedException>();
        }

        (await pool.PredictAsync(two, 1, 1, 1)).Should().Be(3);
    }

    [Fact]
    public async Task Load_Fails_IsRememberedAndTriedAgainEverMoreRarely()
    {
        await using var pool = new PoolFixture { FailLoad = _ => new InvalidDefinitionException("broken") };
        var version = await pool.RegisterAsync();
        var callers = Enumerable.Range(0, 16).Select(_ => Task.Run(() => pool.PredictAsync(version, 1, 1, 1))).ToArray();
        foreach (var caller in callers)
            (await caller.Invoking(task => task).Should().ThrowAsync<InvalidDefinitionException>()).WithMessage("broken");
        pool.Loads.Should().Be(1);
        pool.Status(version).Should().Match<ServedModelStatus>(status => status.State == ServedModelState.Failed && status.LastError == "broken" && status.RetryAt != null);
        pool.Fixture.Environment.Clock.Advance(TimeSpan.FromSeconds(1));
        await pool.Invoking(p => p.PredictAsync(version, 1, 1, 1)).Should().ThrowAsync<InvalidDefinitionException>();
        pool.Fixture.Environment.Clock.Advance(TimeSpan.FromSeconds(1.5));
        await pool.Invoking(p => p.PredictAsync(version, 1, 1, 1)).Should().ThrowAsync<InvalidDefinitionException>();
        pool.Loads.Should().Be(2, "the second pause is two seconds");
        pool.FailLoad = null;
        (await pool.Models.LoadAsync(version)).Should().Match<ServedModelStatus>(status => status.State == ServedModelState.Ready && status.LastError == null && status.RetryAt == null);
        (await pool.PredictAsync(version, 1, 1, 1)).Should().Be(3);
        pool.Loads.Should().Be(3);
    }

    [Fact]
    public async Task Unload_RequestsInFlight_AreAnsweredFirst()
    {
        await using var pool = new PoolFixture();
        var version = await pool.RegisterAsync();
        await pool.PredictAsync(version, 1, 1, 1);
        var runtime = pool.Runtimes[0];
        while (runtime.Entered.Wait(0))
        {
        }

        runtime.Gate.Reset();
        var answer = Task.Run(() => pool.PredictAsync(version, 1, 2, 3));
        runtime.Entered.Wait();
        var unload = pool.Models.UnloadAsync(version).AsTask();
        unload.IsCompleted.Should().BeFalse();
        runtime.Gate.Set();
        (await answer, await unload).Should().Be((6f, true));
        (runtime.Disposed, runtime.UsedAfterDispose, pool.Pool.UsedBytes).Should().Be((true, false, 0L));
        (await pool.PredictAsync(version, 1, 1, 1)).Should().Be(3);
    }

    [Fact]
    public async Task Unload_WhileOthersAskAgain_EndsAndTheyLoadItAnew()
    {
        await using var pool = new PoolFixture();
        var version = await pool.RegisterAsync();
        Task unload;
        Task<float> later;
        using (await pool.Pool.LeaseAsync(version, new BatchingOptions(), LoadIntent.Request, default))
        {
            unload = pool.Models.UnloadAsync(version).AsTask();
            later = pool.PredictAsync(version, 1, 1, 1);
            (unload.IsCompleted, later.IsCompleted).Should().Be((false, false));
        }

        await unload;
        (await later).Should().Be(3);
        pool.Loads.Should().Be(2);
    }

    [Fact]
    public async Task Version_ServedScoredVerifiedAndAskedFor_IsInMemoryOnce()
    {
        await using var pool = new PoolFixture();
        var version = await pool.RegisterAsync();
        await pool.Endpoint.SetTrafficAsync(TrafficPolicy.Single(version), "first");
        await pool.Fixture.Endpoints["other"].SetTrafficAsync(TrafficPolicy.Single(version), "second");
        await pool.PredictAsync(version, 1, 1, 1);
        (await pool.Fixture.Deployer.VerifyAsync(version)).Should().Match<DeploymentCheck>(check => check.Passed && check.MemoryBytes > 0);
        var frame = new DataFrame(DataColumn.Create("key", [1, 2]), DataColumn.Create("a", [1f, 2f]), DataColumn.Create("b", [1f, 2f]), DataColumn.Create("c", [1f, 2f]));
        var job = new BatchScoringJob { Name = "job", Run = "1", KeyColumns = ["key"], Version = version, FeatureColumns = ["a", "b", "c"] };
        (await pool.Fixture.Scoring.RunAsync(job, frame)).Rows.Should().Be(2);
        (pool.Loads, pool.Status(version).Endpoints.Count).Should().Be((1, 2));
        (await pool.Models.Invoking(models => models.UnloadAsync(version).AsTask()).Should().ThrowAsync<InvalidInputException>()).WithMessage("*'flight-delay', 'other'*");
        await pool.Endpoint.StopAsync("over");
        await pool.Fixture.Endpoints["other"].StopAsync("over");
        pool.Status(version).State.Should().Be(ServedModelState.Ready, "it was asked for by version");
        (await pool.Models.UnloadAsync(version)).Should().BeTrue();
        pool.Runtimes.Should().ContainSingle().Which.Disposed.Should().BeTrue();
    }

    [Fact]
    public async Task Verify_VersionNobodyServes_GoesAgain()
    {
        await using var pool = new PoolFixture();
        var version = await pool.RegisterAsync();
        (await pool.Fixture.Deployer.VerifyAsync(version)).Passed.Should().BeTrue();
        await WaitForAsync(() => pool.Models.List().Count == 0);
        pool.Runtimes.Should().ContainSingle().Which.Disposed.Should().BeTrue();
    }

    [Fact]
    public async Task IdleTimeout_NoRequests_UnloadsAndRequestsLoadAgain()
    {
        await using var pool = new PoolFixture(new ModelMemoryOptions { IdleTimeout = TimeSpan.FromMinutes(1) });
        var (one, two) = (await pool.RegisterAsync(), await pool.RegisterAsync());
        await pool.Endpoint.SetTrafficAsync(TrafficPolicy.Single(one), "first");
        await pool.Models.LoadAsync(two);
        pool.Fixture.Environment.Clock.Advance(TimeSpan.FromSeconds(50));
        await pool.Endpoint.PredictAsync(new float[3], new float[1]);
        pool.Pool.SweepIdle();
        pool.Fixture.Environment.Clock.Advance(TimeSpan.FromSeconds(50));
        pool.Pool.SweepIdle();
        pool.Status(one).State.Should().Be(ServedModelState.Ready);
        pool.Fixture.Environment.Clock.Advance(TimeSpan.FromSeconds(20));
        pool.Pool.SweepIdle();
        await WaitForAsync(() => pool.Status(one).State == ServedModelState.Unloaded);
        pool.Status(two).State.Should().Be(ServedModelState.Ready, "it is pinned");
        (await pool.Endpoint.PredictAsync(new float[3], new float[1])).Version.Should().Be(one);
    }

    [Fact]
    public async Task Stress_RandomModelsRequestsAndUnloads_EveryAnswerIsRightAndTheBudgetHolds()
    {
        const int budget = 1000;
        await using var pool = new PoolFixture(new ModelMemoryOptions { BudgetBytes = budget, ConcurrentLoads = 3 });
        var random = new Random(7);
        var versions = new List<ModelVersionRef>();
        for (var i = 0; i < 20; i++)
            versions.Add(await pool.RegisterAsync(random.Next(50, 400)));
        var callers = Enumerable.Range(0, 16).Select(caller => Task.Run(async () =>
        {
            var own = new Random(caller);
            for (var i = 0; i < 200; i++)
            {
                var version = versions[(int)(own.NextDouble() * own.NextDouble() * versions.Count)];
                if (own.Next(50) == 0)
                    await pool.Models.UnloadAsync(version);
                else if ((await pool.PredictAsync(version, i, caller, 1)) != i + caller + 1)
                    throw new InvalidOperationException("wrong answer");
                if (pool.Pool.UsedBytes > budget)
                    throw new InvalidOperationException("budget exceeded");
            }
        }));
        await Task.WhenAll(callers);
        pool.Pool.PeakBytes.Should().BeLessThanOrEqualTo(budget);
        pool.Runtimes.Should().OnlyContain(runtime => !runtime.UsedAfterDispose);
        await WaitForAsync(() => pool.Runtimes.Count(runtime => !runtime.Disposed) == pool.Models.List().Count(status => status.State == ServedModelState.Ready));
        var services = pool.Fixture.Services;
        await services.DisposeAsync();
        pool.Runtimes.Should().OnlyContain(runtime => runtime.Disposed);
    }

    private static async Task WaitForAsync(Func<bool> condition)
    {
        for (var i = 0; i < 5000 && !condition(); i++)
            await Task.Delay(1);
        condition().Should().BeTrue();
    }
}
