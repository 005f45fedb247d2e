using System.Collections.Concurrent;
using FsCheck;
using FsCheck.Fluent;
using MlOps.Testing;

namespace MlOps.Orchestration.Tests;

public sealed class DurabilityTests : PipelineTest
{
    /// <summary>A random graph with failures: what each node takes, how often it fails first, how often it may retry, and whether it hangs on a decision.</summary>
    public sealed record Graph(int[][] Inputs, int[] Fails, int[] Retries, bool[] Branches);

    private static readonly Gen<Graph> Graphs =
        from size in Gen.Choose(1, 7)
        from inputs in Gen.ArrayOf(Gen.ArrayOf(Gen.Choose(0, 1000), 2), size)
        from fails in Gen.ArrayOf(Gen.Frequency((6, Gen.Constant(0)), (3, Gen.Constant(1)), (1, Gen.Constant(2))), size)
        from retries in Gen.ArrayOf(Gen.Choose(0, 2), size)
        from branches in Gen.ArrayOf(Gen.Frequency((3, Gen.Constant(false)), (1, Gen.Constant(true))), size)
        select new Graph([.. inputs.Select((pair, node) => pair.Select(at => at % (node + 1)).ToArray())], fails, retries, branches);

    private static Action<PipelineBuilder<int>> Define(Graph graph, ConcurrentDictionary<string, int> finished) => p =>
    {
        var handles = new List<StepHandle<int>> { p.Input };
        for (var i = 0; i < graph.Inputs.Length; i++)
        {
            var node = i;
            var name = $"n{node}";
            StepHandle<int> Declare() => p.Step(name, handles[graph.Inputs[node][0]], handles[graph.Inputs[node][1]], async (c, x, y, _) =>
            {
                await Task.Yield();
                if (c.Attempt <= graph.Fails[node])
                    throw new IOException($"{c.Attempt}");
                finished.AddOrUpdate(name, 1, (_, count) => count + 1);
                return unchecked((x * 31) + y + node);
            }, step => step.Retry(graph.Retries[node], TimeSpan.Zero).NoCache());
            handles.Add(graph.Branches[node]
                ? p.Choose($"j{node}", handles[graph.Inputs[node][0]], x => x % 2 == 0, Declare, () => p.Step($"e{node}", handles[graph.Inputs[node][1]], (_, x, _) => Task.FromResult(x + 7)))
                : Declare());
        }
    };

    private static string Shape(PipelineRun run) => $"{run.Status} {run.Error}: " + string.Join("; ", run.Steps.Select(step => $"{step.Name} {step.Status} {step.Output} {step.Error} {step.Failures} {(step.Status == PipelineStatus.Skipped ? step.Reason : "")}"));

    [Fact]
    public async Task RandomGraph_HostDiesAtAnyCommit_EndsAsTheUncrashedRunAndRunsNoFinishedStepAgain()
    {
        var seed = ulong.Parse(Environment.GetEnvironmentVariable("MLOPS_TEST_SEED") ?? "20260701", System.Globalization.CultureInfo.InvariantCulture);
        var index = 0;
        foreach (var graph in Graphs.Sample(20, new Rnd(seed), 50))
            await CheckAsync(graph, index++);
    }

    private static async Task CheckAsync(Graph graph, int index)
    {
        await using var environment = new TestEnvironment();
        var finished = new ConcurrentDictionary<string, int>();
        CrashingStore? counting = null;
        string expected;
        await using (var calm = new TestHost([environment], b => b.AddPipeline(_ => new DelegatePipeline(Define(graph, finished))), inner => counting = new CrashingStore(inner, int.MaxValue, false)))
            expected = Shape(await RunAsync(calm, 3, new() { Key = "calm" }));
        var commits = counting!.Writes;
        commits.Should().BeGreaterThan(2);

        // Every commit point, the odd ones after and the even ones before they are durable, and the other way round for the next graph.
        for (var at = 1; at <= commits; at++)
        {
            finished.Clear();
            var key = $"crash-{at}";
            await using (var dying = new TestHost([environment], b => b.AddPipeline(_ => new DelegatePipeline(Define(graph, finished))), inner => new CrashingStore(inner, at, (at + index) % 2 == 0)))
            {
                try
                {
                    await RunAsync(dying, 3, new() { Key = key });
                }
                catch (HostDiedException)
                {
                }
            }

            environment.Clock.Advance(TimeSpan.FromMinutes(1));
            await using var next = new TestHost([environment], b => b.AddPipeline(_ => new DelegatePipeline(Define(graph, finished))));
            var before = await next.Pipelines.FindAsync("test", key);
            var done = before?.Steps.Where(step => step.Status == PipelineStatus.Completed).Select(step => step.Name).ToArray() ?? [];
            var counts = done.ToDictionary(name => name, name => finished.GetValueOrDefault(name));
            var run = await RunAsync(next, 3, new() { Key = key });
            Shape(run).Should().Be(expected, $"graph {index}, commit {at} of {commits}");
            foreach (var name in done)
                finished.GetValueOrDefault(name).Should().Be(counts[name], $"step {name} had finished before the crash (graph {index}, commit {at})");
        }
    }

    [Fact]
    public async Task TwoCrashesInARow_CountsFailuresOnceAndInterruptionsApart()
    {
        for (var round = 0; round < 2; round++)
        {
            var dying = Host(p => p.Step("a", (c, x, _) => Count("a", c.Attempt), step => step.NoCache()), wrap: inner => new CrashingStore(inner, round == 0 ? 4 : 3, false));
            await FluentActions.Awaiting(() => RunAsync(dying, 1, new() { Key = "k" }).AsTask()).Should().ThrowAsync<HostDiedException>();
            Sandbox.Clock.Advance(TimeSpan.FromMinutes(1));
        }

        var run = await RunAsync(Host(p => p.Step("a", (c, x, _) => Count("a", c.Attempt), step => step.NoCache())), 1, new() { Key = "k" });
        run.EnsureCompleted().Output<int>("a").Should().Be(1, "an interrupted attempt is repeated under its number");
        run["a"].Interruptions.Should().Be(2);
        run["a"].Failures.Should().Be(0);
        run["a"].Attempts.Should().HaveCount(3);
    }

    [Fact]
    public async Task StepThatKillsItsHost_IsGivenUp()
    {
        for (var round = 0; round < 3; round++)
        {
            var dying = Host(p => p.Step("killer", (_, x, _) => Count("killer", x)), wrap: inner => new CrashingStore(inner, round == 0 ? 4 : 3, false), options: o => o.MaxInterruptions = 2);
            await FluentActions.Awaiting(() => RunAsync(dying, 1, new() { Key = "k" }).AsTask()).Should().ThrowAsync<HostDiedException>();
            Sandbox.Clock.Advance(TimeSpan.FromMinutes(1));
        }

        var run = await RunAsync(Host(p => p.Step("killer", (_, x, _) => Count("killer", x)), options: o => o.MaxInterruptions = 2), 1, new() { Key = "k" });
        run["killer"].Status.Should().Be(PipelineStatus.Failed);
        run["killer"].Error.Should().Contain("cut off 3 times");
        Ran["killer"].Should().Be(3);
    }

    [Fact]
    public async Task LeaseRunsOut_OtherHostTakesOver_StaleOwnerTakesNoEffect()
    {
        var entered = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        var first = true;
        Action<PipelineBuilder<int>> define = p =>
        {
            var a = p.Step("a", async (_, x, _) =>
            {
                if (first)
                {
                    first = false;
                    entered.SetResult();
                    await release.Task;
                    return -1;
                }

                return x;
            }, step => step.NoCache());
            p.Step("b", a, (_, x, _) => Count($"b{x}", x), step => step.NoCache());
        };
        var frozen = new FrozenStore();
        var stale = Host(define, wrap: inner => frozen.Around(inner));
        var staleRun = RunAsync(stale, 5, new() { Key = "k" }).AsTask();
        await entered.Task;
        frozen.Freeze();
        Sandbox.Clock.Advance(TimeSpan.FromSeconds(31));
        var live = Host(define);
        (await live.Services.WorkerOf("sandbox").ProcessPendingAsync()).Should().Be(1);
        frozen.Thaw();
        release.SetResult();
        var run = await staleRun.WaitAsync(TimeSpan.FromSeconds(30));
        run.EnsureCompleted().Output<int>("a").Should().Be(5);
        Ran.Should().ContainKey("b5").And.NotContainKey("b-1");
        run["a"].Attempts.Should().HaveCount(2);
        run["a"].Attempts.Count(attempt => attempt.Outcome == PipelineStatus.Completed).Should().Be(1);
    }

    [Fact]
    public async Task LeaseHeldByADeadProcess_IsTakenAtOnce()
    {
        var dying = Host(p => p.Step("a", (_, x, _) => Count("a", x)), wrap: inner => new CrashingStore(inner, 4, false));
        await FluentActions.Awaiting(() => RunAsync(dying, 1, new() { Key = "k" }).AsTask()).Should().ThrowAsync<HostDiedException>();
        var next = Host(p => p.Step("a", (_, x, _) => Count("a", x)));
        (await next.Services.WorkerOf("sandbox").ProcessPendingAsync()).Should().Be(0, "its owner lives and its lease has not run out");

        var owner = LeaseOwner.Create().Split('|');
        LeaseOwner.IsDead(string.Join('|', owner)).Should().BeFalse();
        owner[2] = "1";
        LeaseOwner.IsDead(string.Join('|', owner)).Should().BeTrue("another process has the id now");
        LeaseOwner.IsDead("elsewhere|" + string.Join('|', owner[1..])).Should().BeFalse("nothing is known about other machines");
        await Sandbox.Context.Metadata.WriteAsync((session, _) => session.ExecuteAsync("UPDATE orchestration_runs SET owner = @owner", ("owner", string.Join('|', owner))));
        (await next.Services.WorkerOf("sandbox").ProcessPendingAsync()).Should().Be(1);
        (await next.Pipelines.FindAsync("test", "k"))!.EnsureCompleted();
    }

    [Fact]
    public async Task HostStops_HandsTheRunBack_NextHostGoesOnAtOnce()
    {
        var entered = new TaskCompletionSource();
        Action<PipelineBuilder<int>> define = p =>
        {
            var a = p.Step("a", (_, x, _) => Count("a", x), step => step.NoCache());
            p.Step("b", a, async (_, x, token) =>
            {
                if (entered.TrySetResult())
                    await Task.Delay(Timeout.Infinite, token);
                return await Count("b", x);
            }, step => step.NoCache());
        };
        var stopping = new TestHost([Sandbox], b => b.AddPipeline(_ => new DelegatePipeline(define)));
        var started = await stopping.Pipelines.StartAsync<DelegatePipeline, int>(1);
        await entered.Task;
        await stopping.DisposeAsync();
        var next = Host(define);
        (await next.Services.WorkerOf("sandbox").ProcessPendingAsync()).Should().Be(1);
        var run = (await next.Pipelines.GetAsync(started.Id)).EnsureCompleted();
        Ran["a"].Should().Be(1);
        Ran["b"].Should().Be(1);
        run["b"].Interruptions.Should().Be(0);
    }

    [Fact]
    public async Task CancelOfAnOrphan_EndsItWithoutRunning()
    {
        var dying = Host(p => p.Step("a", (_, x, _) => Count("a", x)), wrap: inner => new CrashingStore(inner, 3, false));
        await FluentActions.Awaiting(() => RunAsync(dying, 1, new() { Key = "k" }).AsTask()).Should().ThrowAsync<HostDiedException>();
        Sandbox.Clock.Advance(TimeSpan.FromMinutes(1));
        var next = Host(p => p.Step("a", (_, x, _) => Count("a", x)));
        var open = (await next.Pipelines.ListAsync()).Single();
        (await next.Pipelines.CancelAsync(open.Id, "no longer wanted")).Should().BeTrue();
        (await next.Pipelines.GetAsync(open.Id)).Status.Should().Be(PipelineStatus.Cancelled);
        Ran.Should().BeEmpty();
        var resumed = await next.Pipelines.ResumeAsync(open.Id);
        resumed.EnsureCompleted();
    }
}
