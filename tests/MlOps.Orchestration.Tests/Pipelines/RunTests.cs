namespace MlOps.Orchestration.Tests;

public sealed class RunTests : PipelineTest
{
    [Fact]
    public async Task Diamond_Runs_PassesOutputsToInputs()
    {
        var host = Host(p =>
        {
            var a = p.Step("a", (_, x, _) => Task.FromResult(x + 1));
            var b = p.Step("b", a, (_, x, _) => Task.FromResult(x * 10));
            var c = p.Step("c", a, (_, x, _) => Task.FromResult($"c{x}"));
            p.Step("d", b, c, (_, x, y, _) => Task.FromResult($"{x}/{y}"));
        });
        var run = await RunAsync(host, 4);
        run.EnsureCompleted();
        run.Output<string>("d").Should().Be("50/c5");
        run.Steps.Should().OnlyContain(step => step.Status == PipelineStatus.Completed && step.Attempts.Count == 1 && step.EndedAt != null);
        (await Sandbox.Context.Events.ReadAsync(typePrefix: "orchestration.run")).Select(e => e.Type).Should().Equal("orchestration.run.created", "orchestration.run.completed");
        (await Sandbox.Context.Audit.VerifyAsync()).Should().BeNull();
    }

    [Fact]
    public async Task ThreeAndFourAndManyInputs_Run_ArriveInOrder()
    {
        var host = Host(p =>
        {
            var a = p.Step("a", (_, _, _) => Task.FromResult(1));
            var b = p.Step("b", (_, _, _) => Task.FromResult("two"));
            var c = p.Step("c", (_, _, _) => Task.FromResult(3.5));
            var d = p.Step("d", (_, _, _) => Task.FromResult(true));
            p.Step("three", a, b, c, (_, w, x, y, _) => Task.FromResult($"{w}{x}{y}"));
            p.Step("four", a, b, c, d, (_, w, x, y, z, _) => Task.FromResult($"{w}{x}{y}{z}"));
            p.Step("many", [a, a, a], (_, all, _) => Task.FromResult(all.Sum()));
            p.Step("nothing", a, (_, _, _) => Task.CompletedTask);
        });
        var run = await RunAsync(host);
        run.Output<string>("three").Should().Be("1two3.5");
        run.Output<string>("four").Should().Be("1two3.5True");
        run.Output<int>("many").Should().Be(3);
        run["nothing"].Status.Should().Be(PipelineStatus.Completed);
    }

    [Theory]
    [InlineData(1, "small", "big")]
    [InlineData(100, "big", "small")]
    public async Task Choose_TakesOneBranch_SkipsTheOtherWithReasonAndJoins(int input, string taken, string skipped)
    {
        var host = Host(p =>
        {
            var a = p.Step("a", (_, x, _) => Task.FromResult(x));
            var joined = p.Choose("size", a, x => x > 10,
                () => p.Step("big", a, (_, x, _) => Task.FromResult($"big {x}")),
                () => p.Step("small", a, (_, x, _) => Task.FromResult($"small {x}")));
            p.Step("after", joined, (_, x, _) => Task.FromResult(x + "!"));
        });
        var run = await RunAsync(host, input);
        run.EnsureCompleted().Output<string>("after").Should().Be($"{taken} {input}!");
        run[skipped].Status.Should().Be(PipelineStatus.Skipped);
        run[skipped].Reason.Should().Contain("'size?'").And.Contain("was answered");
        run[skipped].Attempts.Should().BeEmpty();
    }

    [Fact]
    public async Task Chain_WhenConditionFails_SkipsTheRest()
    {
        var host = Host(p => p
            .Then("train", (_, x, _) => Task.FromResult(x / 100.0))
            .When(auc => auc >= 0.8, passed => passed.Then("register", (_, auc, _) => Task.FromResult(auc)), failed => failed.Then("report", (_, auc, _) => Task.FromResult(auc))));
        (await RunAsync(host, 90))["register"].Status.Should().Be(PipelineStatus.Completed);
        var second = await RunAsync(host, 50);
        second["register"].Status.Should().Be(PipelineStatus.Skipped);
        second["report"].Status.Should().Be(PipelineStatus.Completed);
    }

    [Fact]
    public async Task Failure_SkipsDownstream_LetsIndependentBranchesEnd()
    {
        var host = Host(p =>
        {
            var bad = p.Step<int>("bad", (_, _, _) => throw new InvalidOperationException("no data"));
            var good = p.Step("good", (_, x, _) => Count("good", x));
            p.Step("needs-bad", bad, (_, x, _) => Count("needs-bad", x));
            p.Step("needs-good", good, (_, x, _) => Count("needs-good", x));
        });
        var run = await RunAsync(host);
        run.Status.Should().Be(PipelineStatus.Failed);
        run["bad"].Error.Should().Contain("no data");
        run["needs-bad"].Reason.Should().Be("'bad' failed");
        run["needs-good"].Status.Should().Be(PipelineStatus.Completed);
        run.Invoking(r => r.EnsureCompleted()).Should().Throw<PipelineFailedException>().WithMessage("*bad*no data*ResumeAsync*");
    }

    [Fact]
    public async Task Resume_OfFailedRun_RunsOnlyWhatDidNotFinish()
    {
        var broken = true;
        var host = Host(p =>
        {
            var a = p.Step("a", (_, x, _) => Count("a", x), step => step.NoCache());
            var b = p.Step("b", a, (_, x, _) => broken ? throw new IOException("down") : Count("b", x), step => step.NoCache());
            p.Step("c", b, (_, x, _) => Count("c", x), step => step.NoCache());
        });
        var run = await RunAsync(host);
        run.Status.Should().Be(PipelineStatus.Failed);
        broken = false;
        var resumed = await host.Pipelines.ResumeAsync(run.Id);
        resumed.EnsureCompleted();
        Ran.Should().Equal(new Dictionary<string, int> { ["a"] = 1, ["b"] = 1, ["c"] = 1 });
        resumed["c"].Status.Should().Be(PipelineStatus.Completed);
    }

    [Fact]
    public async Task Retry_FailsTwice_CompletesOnTheThirdAttempt()
    {
        var host = Host(p => p.Step("flaky", (c, x, _) => c.Attempt < 3 ? throw new IOException($"attempt {c.Attempt}") : Task.FromResult(c.Attempt),
            step => step.Retry(3, TimeSpan.Zero)));
        var run = await RunAsync(host);
        run.EnsureCompleted().Output<int>("flaky").Should().Be(3);
        run["flaky"].Failures.Should().Be(2);
        run["flaky"].Attempts.Select(a => a.Outcome).Should().Equal(PipelineStatus.Failed, PipelineStatus.Failed, PipelineStatus.Completed);
    }

    [Fact]
    public async Task Retry_Exhausted_FailsWithTheLastError()
    {
        var host = Host(p => p.Step<int>("bad", (c, _, _) => throw new IOException($"attempt {c.Attempt}"), step => step.Retry(2, TimeSpan.Zero)));
        var run = await RunAsync(host);
        run["bad"].Failures.Should().Be(3);
        run["bad"].Error.Should().Be("IOException: attempt 3");
    }

    [Fact]
    public async Task RetryDelay_WaitsByTheClock()
    {
        var started = new SemaphoreSlim(0);
        var host = Host(p => p.Step("flaky", (c, x, _) =>
        {
            started.Release();
            return c.Attempt == 1 ? throw new IOException("once") : Task.FromResult(x);
        }, step => step.Retry(1, TimeSpan.FromMinutes(10), RetryBackoff.Constant)));
        var running = RunAsync(host);
        await started.WaitAsync();
        await host.UntilAsync(() => host.Pipelines.ListAsync().AsTask().Result.Count == 1 && Sandbox.Clock.PendingTimers >= 2);
        running.IsCompleted.Should().BeFalse();
        Sandbox.Clock.Advance(TimeSpan.FromMinutes(10));
        (await running).EnsureCompleted();
    }

    [Fact]
    public async Task Timeout_StepTakesTooLong_FailsAndNamesTheLimit()
    {
        var entered = new TaskCompletionSource();
        var host = Host(p => p.Step("slow", async (_, x, token) =>
        {
            entered.SetResult();
            await Task.Delay(Timeout.Infinite, token);
            return x;
        }, step => step.Timeout(TimeSpan.FromSeconds(90))));
        var running = RunAsync(host);
        await entered.Task;
        await host.UntilAsync(() => Sandbox.Clock.PendingTimers >= 2);
        Sandbox.Clock.Advance(TimeSpan.FromSeconds(91));
        (await running)["slow"].Error.Should().Contain("limit of 90 s");
    }

    [Fact]
    public async Task Cancel_RunningRun_ReachesTheStepAndIsDurable()
    {
        var entered = new TaskCompletionSource();
        var host = Host(p =>
        {
            var a = p.Step("slow", async (_, x, token) =>
            {
                entered.SetResult();
                await Task.Delay(Timeout.Infinite, token);
                return x;
            });
            p.Step("next", a, (_, x, _) => Count("next", x));
        });
        var started = await host.Pipelines.StartAsync<DelegatePipeline, int>(1);
        await entered.Task;
        (await host.Pipelines.CancelAsync(started.Id, "wrong data")).Should().BeTrue();
        var run = await host.Pipelines.WaitAsync(started.Id).AsTask().WaitAsync(TimeSpan.FromSeconds(30));
        run.Status.Should().Be(PipelineStatus.Cancelled);
        run.Error.Should().Be("wrong data");
        run.Steps.Should().OnlyContain(step => step.Status == PipelineStatus.Cancelled);
        (await host.Pipelines.CancelAsync(started.Id)).Should().BeFalse();
        Ran.Should().BeEmpty();
    }

    [Fact]
    public async Task SameKey_StartedManyTimesAtOnce_IsOneRun()
    {
        // The lease is long, since the pump below moves the clock faster than hosts live.
        TestHost New() => Host(p => p.Step("a", (_, x, _) => Count("a", x), step => step.NoCache()), options: o => o.LeaseDuration = TimeSpan.FromHours(12));
        var host = New();
        var other = New();
        var pumping = new CancellationTokenSource();
        var pump = Task.Run(async () =>
        {
            while (!pumping.IsCancellationRequested)
            {
                Sandbox.Clock.Advance(TimeSpan.FromSeconds(1));
                await Task.Delay(1);
            }
        });
        var runs = await Task.WhenAll(Enumerable.Range(0, 32).Select(i => Task.Run(async () => await RunAsync(i % 2 == 0 ? host : other, 7, new() { Key = "monday" }))));
        await pumping.CancelAsync();
        await pump;
        runs.Select(run => run.Id).Distinct().Should().ContainSingle();
        runs.Should().OnlyContain(run => run.Status == PipelineStatus.Completed);
        Ran["a"].Should().Be(1);
        (await host.Pipelines.ListAsync()).Should().ContainSingle();
    }

    [Fact]
    public async Task SameKey_OtherInput_IsRefused()
    {
        var host = Host(p => p.Step("a", (_, x, _) => Task.FromResult(x)));
        await RunAsync(host, 1, new() { Key = "k" });
        await FluentActions.Awaiting(() => RunAsync(host, 2, new() { Key = "k" }).AsTask()).Should().ThrowAsync<InvalidInputException>().WithMessage("*'k'*Use another key*");
    }

    [Fact]
    public async Task NestedRun_InsideAStepWithOneSlot_DoesNotWaitForItsOwnSlot()
    {
        TestHost? host = null;
        host = Host(p => p.Step("outer", async (c, x, token) =>
        {
            if (x == 0)
                return 0;
            var inner = await c.Environment.Pipelines.RunAsync<DelegatePipeline, int>(x - 1, new() { Key = $"inner{x}" }, token);
            return inner.Output<int>("outer") + 1;
        }), options: o => o.MaxParallelSteps = 1);
        (await RunAsync(host, 3)).Output<int>("outer").Should().Be(3);
    }

    [Fact]
    public async Task Watch_Run_TellsStepsAndProgress()
    {
        var host = Host(p => p.Step("a", (c, x, _) =>
        {
            c.Report(0.5, "half");
            return Task.FromResult(x);
        }));
        using var stop = new CancellationTokenSource();
        var seen = new List<PipelineProgress>();
        var stream = host.Pipelines.WatchAsync(cancellationToken: stop.Token);
        await RunAsync(host);
        var reading = Task.Run(async () =>
        {
            await foreach (var progress in stream)
            {
                seen.Add(progress);
                if (progress is { Step: null, Status: PipelineStatus.Completed })
                    break;
            }
        });
        await reading.WaitAsync(TimeSpan.FromSeconds(10));
        seen.Select(p => (p.Step, p.Status, p.Fraction)).Should().Equal(
            (null, PipelineStatus.Running, 0), ("a", PipelineStatus.Running, 0), ("a", PipelineStatus.Running, 0.5), ("a", PipelineStatus.Completed, 1), (null, PipelineStatus.Completed, 1));
    }
}
