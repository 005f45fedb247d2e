namespace MlOps.Serving.Tests.Batching;

/// <summary>Requests of several rows, and runs that hang.</summary>
public sealed class BatchRowsTests
{
    private static readonly BatchingOptions Four = new() { MaximumBatchSize = 4, QueueLimit = 16, Parallelism = 1, ParallelRows = 1 };

    [Fact]
    public async Task PredictRowsAsync_IdleEngine_RunsThemAsOneBatch()
    {
        using var runtime = new FakeRuntime();
        using var engine = new BatchEngine(runtime, Four, TimeProvider.System);
        var scores = new float[3];
        var task = engine.PredictRowsAsync(Rows(3), 3, scores, default);
        task.IsCompletedSuccessfully.Should().BeTrue();
        (await task).Status.Should().Be(PredictionStatus.Ok);
        scores.Should().Equal(0, 3, 6);
        runtime.Batches.Should().ContainSingle();
    }

    [Theory]
    [InlineData(null)]
    [InlineData("tenant")]
    public async Task PredictRowsAsync_MoreThanABatch_AreSplitAndAnsweredTogether(string? caller)
    {
        using var runtime = new FakeRuntime();
        using var engine = new BatchEngine(runtime, Four, TimeProvider.System);
        var scores = new float[10];
        (await engine.PredictRowsAsync(Rows(10), 10, scores, new RowTerms(0, default, RequestPriority.Normal, caller))).Status.Should().Be(PredictionStatus.Ok);
        scores.Should().Equal(Enumerable.Range(0, 10).Select(i => 3f * i));
        runtime.Batches.Should().OnlyContain(batch => batch.Length <= 12);
        engine.QueuedRows.Should().Be(0);
    }

    [Fact]
    public async Task PredictRowsAsync_WrongInput_SaysWhere()
    {
        using var runtime = new FakeRuntime();
        using var engine = new BatchEngine(runtime, Four, TimeProvider.System);
        var rows = Rows(4);
        rows[7] = float.NaN;
        var answer = await engine.PredictRowsAsync(rows, 4, new float[4], default);
        answer.Status.Should().Be(PredictionStatus.InvalidInput);
        answer.Detail.Should().Be(7);
        (await engine.PredictRowsAsync(Rows(3), 4, new float[4], default)).Detail.Should().BeNegative();
        FluentActions.Invoking(() => engine.PredictRowsAsync(Rows(17), 17, new float[17], default)).Should().Throw<ArgumentOutOfRangeException>().WithMessage("*QueueLimit*");
        FluentActions.Invoking(() => engine.PredictRowsAsync(Rows(4), 4, new float[3], default)).Should().Throw<ArgumentException>();
    }

    [Fact]
    public async Task PredictRowsAsync_PoisonRow_FailsTheRequestButNotItsBatchMates()
    {
        using var runtime = new FakeRuntime();
        using var engine = new BatchEngine(runtime, Four, TimeProvider.System);
        runtime.Gate.Reset();
        var first = Task.Run(() => Task.FromResult(engine.PredictRowsAsync(Rows(1), 1, new float[1], default).AsTask()).Unwrap());
        await runtime.Entered.WaitAsync();
        var rows = Rows(3);
        rows[4] = FakeRuntime.Poison;
        var failing = engine.PredictRowsAsync(rows, 3, new float[3], default).AsTask();
        var mate = BatchEngineTests.Ask(engine, 5);
        runtime.Gate.Set();
        await first;
        (await failing).Status.Should().Be(PredictionStatus.Failed);
        (await mate).Score.Should().Be(15);
    }

    [Fact]
    public async Task PredictRowsAsync_CancelledWhileWaiting_IsNotComputed()
    {
        using var runtime = new FakeRuntime();
        using var engine = new BatchEngine(runtime, Four, TimeProvider.System);
        runtime.Gate.Reset();
        var first = Task.Run(() => BatchEngineTests.Ask(engine, 1));
        await runtime.Entered.WaitAsync();
        using var cancellation = new CancellationTokenSource();
        var scores = new float[] { -1, -1 };
        var cancelled = engine.PredictRowsAsync([9, 9, 9, 9, 9, 9], 2, scores, new RowTerms(0, cancellation.Token)).AsTask();
        var kept = BatchEngineTests.Ask(engine, 2);
        await cancellation.CancelAsync();
        runtime.Gate.Set();
        await first;

        await FluentActions.Awaiting(() => cancelled).Should().ThrowAsync<OperationCanceledException>();
        (await kept).Score.Should().Be(6);
        scores.Should().Equal(-1, -1);
        runtime.Batches.SelectMany(batch => batch).Should().NotContain(9);
        engine.QueuedRows.Should().Be(0);
    }

    [Fact]
    public async Task RunTimeout_RunHangs_CallersAreToldAndAnotherLeaderGoesOn()
    {
        var runtime = new FakeRuntime();
        var clock = new FakeClock();
        using var hanging = new ManualResetEventSlim();
        using var entered = new SemaphoreSlim(0);
        runtime.BeforeRun = run =>
        {
            if (run != 1)
                return;
            entered.Release();
            hanging.Wait();
        };
        var engine = new BatchEngine(runtime, Four with { RunTimeout = TimeSpan.FromMilliseconds(100) }, clock);
        var scores = new float[] { -1 };
        var hung = engine.PredictAsync([1, 2, 3], scores).AsTask();
        await entered.WaitAsync();
        var next = BatchEngineTests.Ask(engine, 2);
        clock.Advance(TimeSpan.FromMilliseconds(90));
        hung.IsCompleted.Should().BeFalse();
        clock.Advance(TimeSpan.FromMilliseconds(30));

        var answer = await hung;
        answer.Status.Should().Be(PredictionStatus.Failed);
        answer.Error.Should().BeOfType<TimeoutException>();
        (await next).Score.Should().Be(6);
        runtime.Aborts.Should().Be(1);

        engine.Retire();
        await engine.Drained;
        runtime.Disposed.Should().BeFalse("the run that hangs still uses the model");
        hanging.Set();
        while (!runtime.Disposed)
            await Task.Yield();
        scores[0].Should().Be(-1);
        runtime.UsedAfterDispose.Should().BeFalse();
    }

    [Fact]
    public async Task PredictAsync_AwaitedTwice_Throws()
    {
        using var runtime = new FakeRuntime();
        using var engine = new BatchEngine(runtime, Four with { MaximumDelay = TimeSpan.FromMilliseconds(1) }, TimeProvider.System);
        var task = engine.PredictAsync([1, 2, 3], new float[1]);
        await task;
        await FluentActions.Awaiting(async () => await task).Should().ThrowAsync<InvalidOperationException>();
    }

    [Fact]
    public async Task PredictAsync_CallersContext_IsKept()
    {
        using var runtime = new FakeRuntime();
        var clock = new FakeClock();
        using var engine = new BatchEngine(runtime, Four with { MaximumDelay = TimeSpan.FromMilliseconds(1) }, clock);
        var value = new AsyncLocal<int> { Value = 42 };
        var context = new Posts();
        var seen = Task.Factory.StartNew(
            async () =>
            {
                SynchronizationContext.SetSynchronizationContext(context);
                await engine.PredictAsync([1, 2, 3], new float[1]);
                return (value.Value, SynchronizationContext.Current);
            },
            CancellationToken.None, TaskCreationOptions.None, TaskScheduler.Default).Unwrap();
        while (!seen.IsCompleted)
        {
            clock.Advance(TimeSpan.FromMilliseconds(2));
            await Task.Yield();
        }

        (await seen).Should().Be((42, context));
        context.Count.Should().BePositive();
    }

    private static float[] Rows(int count) => [.. Enumerable.Range(0, count).SelectMany(row => new[] { row, row, (float)row })];

    private sealed class Posts : SynchronizationContext
    {
        public int Count { get; private set; }

        public override void Post(SendOrPostCallback d, object? state)
        {
            Count++;
            ThreadPool.UnsafeQueueUserWorkItem(
                _ =>
                {
                    SetSynchronizationContext(this);
                    d(state);
                },
                null);
        }
    }
}
