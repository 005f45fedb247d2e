namespace MlOps.Serving.Tests.TensorBatching;

public sealed class TensorEngineTests
{
    private static readonly BatchingOptions OneSeat = new() { MaximumBatchSize = 8, QueueLimit = 16, Parallelism = 1, ParallelRows = 1 };

    [Fact]
    public async Task RunAsync_IdleEngine_AnswersOnTheCallersThreadAtOnce()
    {
        using var runtime = new FakeTensorRuntime();
        using var engine = new TensorEngine(runtime, OneSeat, TimeProvider.System);

        var task = Ask(engine, 5);

        task.IsCompletedSuccessfully.Should().BeTrue();
        Sum(await task).Should().Be(8);
        Copy(await task).Should().Equal(5, 0, 0);
        runtime.Runs.Should().Equal((1, true));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task RunAsync_WhileABatchRuns_LaterRequestsFormOneBatchAndReadTheirSlices(bool bound)
    {
        using var runtime = new FakeTensorRuntime(bound);
        using var engine = new TensorEngine(runtime, OneSeat, TimeProvider.System);
        var first = Hold(runtime, engine);
        var waiting = Enumerable.Range(0, 5).Select(i => Ask(engine, i, rows: i == 4 ? 3 : 1).AsTask()).ToArray();
        runtime.Gate.Set();

        Sum(await first).Should().Be(102);
        (await Task.WhenAll(waiting)).Select(Sum).Should().Equal(3, 4, 5, 6, 7);
        ((TensorValue)(await waiting[4]).Outputs!["copy"]).Shape.ToArray().Should().Equal(3, 3);

        // The first real batch is compared with its first and last request run alone.
        runtime.Runs.Should().Equal((1, bound), (7, bound), (1, false), (3, false));
    }

    [Fact]
    public async Task RunAsync_RowsOfDifferentShapes_GoToBatchesOfTheirOwn()
    {
        using var runtime = new FakeTensorRuntime();
        using var engine = new TensorEngine(runtime, OneSeat, TimeProvider.System);
        var first = Hold(runtime, engine);
        var waiting = Enumerable.Range(0, 8).Select(i => Ask(engine, i, width: 3 + (i % 2)).AsTask()).ToArray();
        runtime.Gate.Set();

        await first;
        (await Task.WhenAll(waiting)).Select(Sum).Should().Equal(Enumerable.Range(3, 8).Select(i => (float)i));
        runtime.Runs.Where(run => run.Bound).Select(run => run.Rows).Should().Equal(1, 4, 4);
    }

    [Fact]
    public async Task RunAsync_QueueFull_IsRefusedWithAWait()
    {
        using var runtime = new FakeTensorRuntime();
        using var engine = new TensorEngine(runtime, OneSeat, TimeProvider.System);
        var first = Hold(runtime, engine);
        var waiting = Enumerable.Range(0, 16).Select(i => Ask(engine, i).AsTask()).ToArray();

        var refused = await Ask(engine, 1);

        refused.Status.Should().Be(PredictionStatus.Overloaded);
        refused.Wait.Should().BePositive();
        runtime.Gate.Set();
        await first;
        (await Task.WhenAll(waiting)).Should().OnlyContain(answer => answer.Status == PredictionStatus.Ok);
    }

    [Fact]
    public async Task RunAsync_CancelledBeforeItsBatch_IsNeverComputed()
    {
        using var runtime = new FakeTensorRuntime();
        using var engine = new TensorEngine(runtime, OneSeat, TimeProvider.System);
        using var cancellation = new CancellationTokenSource();
        var first = Hold(runtime, engine);
        var cancelled = Ask(engine, 7, token: cancellation.Token).AsTask();
        var other = Ask(engine, 8).AsTask();
        await cancellation.CancelAsync();

        await FluentActions.Awaiting(() => cancelled).Should().ThrowAsync<OperationCanceledException>();
        runtime.Gate.Set();
        await first;
        Sum(await other).Should().Be(11);
        runtime.Runs.Should().Equal((1, true), (1, true));
    }

    [Fact]
    public async Task RunAsync_DeadlinePassedWhileWaiting_IsNeverComputed()
    {
        var clock = new FakeClock();
        using var runtime = new FakeTensorRuntime();
        using var engine = new TensorEngine(runtime, OneSeat, clock);
        var first = Hold(runtime, engine);
        var late = engine.RunAsync(Inputs(1), null, clock.GetTimestamp() + TimeSpan.TicksPerMillisecond, default).AsTask();
        clock.Advance(TimeSpan.FromMilliseconds(2));
        runtime.Gate.Set();

        (await late).Status.Should().Be(PredictionStatus.DeadlineExceeded);
        await first;
        runtime.Runs.Should().Equal((1, true));
    }

    [Fact]
    public async Task RunAsync_Priorities_GoInOrderAndTheQueueFullDisplacesLowOnes()
    {
        using var runtime = new FakeTensorRuntime();
        using var engine = new TensorEngine(runtime, OneSeat with { MaximumBatchSize = 1, QueueLimit = 4 }, TimeProvider.System);
        var order = new List<int>();
        var first = Hold(runtime, engine);
        Task[] waiting = [AskAsync(1, RequestPriority.Low), AskAsync(2, RequestPriority.Normal), AskAsync(3, RequestPriority.High, width: 4), AskAsync(4, RequestPriority.Low)];
        var late = AskAsync(5, RequestPriority.Normal);
        runtime.Gate.Set();
        await first;
        await Task.WhenAll([.. waiting, late]);
        order.Should().Equal(-4, 3, 2, 5, 1);

        async Task AskAsync(int number, RequestPriority priority, int width = 3)
        {
            var answer = await engine.RunAsync(Inputs(number, width: width), null, new RowTerms(Priority: priority));
            lock (order)
                order.Add(answer.Status == PredictionStatus.Overloaded ? -number : number);
        }
    }

    [Fact]
    public async Task RunAsync_SeveralCallers_TakeTurns()
    {
        using var runtime = new FakeTensorRuntime();
        using var engine = new TensorEngine(runtime, OneSeat with { MaximumBatchSize = 1 }, TimeProvider.System);
        var order = new List<string>();
        var first = Hold(runtime, engine);
        Task[] waiting = [.. "aaaabbc".Select(caller => AskAsync(caller.ToString()))];
        runtime.Gate.Set();
        await first;
        await Task.WhenAll(waiting);
        string.Concat(order).Should().Be("abcabaa");

        async Task AskAsync(string caller)
        {
            await engine.RunAsync(Inputs(1), null, new RowTerms(Caller: caller));
            lock (order)
                order.Add(caller);
        }
    }

    [Fact]
    public async Task RunAsync_OneRowOfARowModel_SharesTheRowEnginesBatches()
    {
        using var runtime = new FakeRuntime();
        using var rows = new BatchEngine(runtime, OneSeat, TimeProvider.System);
        using var engine = new TensorEngine(runtime, OneSeat, TimeProvider.System, rows);
        runtime.Gate.Reset();
        var first = Task.Run(async () => await rows.PredictAsync([1, 2, 3], new float[1]));
        await runtime.Entered.WaitAsync();
        var score = new float[1];
        var row = rows.PredictAsync([1, 1, 1], score).AsTask();
        var tensor = engine.RunAsync(new Dictionary<string, ModelValue> { ["input"] = TensorValue.Create([2f, 2f, 2f, 3f, 3f, 3f], 2, 3) }, null, 0, default).AsTask();
        runtime.Gate.Set();

        await first;
        await row;
        ((TensorValue)(await tensor).Outputs!["output"]).AsSpan<float>().ToArray().Should().Equal(6, 9);
        runtime.Batches.Select(batch => batch.Length / 3).Should().Equal(1, 3);
    }

    [Fact]
    public async Task RunAsync_PoisonInABatch_FailsAloneAndItsMatesAreAnswered()
    {
        using var runtime = new FakeTensorRuntime();
        using var engine = new TensorEngine(runtime, OneSeat, TimeProvider.System);
        var first = Hold(runtime, engine);
        var waiting = Enumerable.Range(0, 8).Select(i => Ask(engine, i == 5 ? FakeTensorRuntime.Poison : i).AsTask()).ToArray();
        runtime.Gate.Set();

        await first;
        var answers = await Task.WhenAll(waiting);
        answers[5].Status.Should().Be(PredictionStatus.Failed);
        answers[5].Error.Should().BeOfType<InvalidOperationException>();
        answers.Where((_, i) => i != 5).Select(Sum).Should().Equal(3, 4, 5, 6, 7, 9, 10);
    }

    [Fact]
    public async Task RunAsync_InputsThatDoNotFit_RunAloneWhereTheRuntimeSaysWhatIsWrong()
    {
        using var runtime = new FakeTensorRuntime();
        using var engine = new TensorEngine(runtime, OneSeat, TimeProvider.System);
        var answer = await engine.RunAsync(new Dictionary<string, ModelValue> { ["a"] = TensorValue.Create(new long[3], 1, 3) }, null, 0, default);

        answer.Status.Should().Be(PredictionStatus.InvalidInput);
        answer.Error!.Message.Should().Contain("'b'");
    }

    [Fact]
    public async Task RunAsync_OutputsAskedFor_OnlyThoseAreGivenAndUnknownOnesRefused()
    {
        using var engine = new TensorEngine(new FakeTensorRuntime(), OneSeat, TimeProvider.System);

        (await engine.RunAsync(Inputs(1), ["copy"], 0, default)).Outputs!.Keys.Should().Equal("copy");
        var refused = await engine.RunAsync(Inputs(1), ["copi"], 0, default);
        refused.Status.Should().Be(PredictionStatus.InvalidInput);
        refused.Error!.Message.Should().Contain("copi").And.Contain("copy");
    }

    [Fact]
    public async Task RunAsync_CallersMemory_IsWrittenAndMustFit()
    {
        using var engine = new TensorEngine(new FakeTensorRuntime(), OneSeat, TimeProvider.System);
        var sum = TensorValue.Create(new float[1], 1);

        var answer = await engine.RunAsync(Inputs(4), null, default(RowTerms), new Dictionary<string, TensorValue> { ["sum"] = sum });
        answer.Outputs!["sum"].Should().BeSameAs(sum);
        sum.Data.Span[0].Should().Be(7);

        var wrong = await engine.RunAsync(Inputs(4), null, default(RowTerms), new Dictionary<string, TensorValue> { ["sum"] = TensorValue.Create(new float[2], 2) });
        wrong.Status.Should().Be(PredictionStatus.InvalidInput);
        wrong.Error!.Message.Should().Contain("sum").And.Contain("[1]").And.Contain("[2]");
    }

    [Fact]
    public async Task RunAsync_RunThatHangs_FailsItsRequestsAndOthersGoOn()
    {
        var clock = new FakeClock();
        using var runtime = new FakeTensorRuntime();
        using var engine = new TensorEngine(runtime, OneSeat with { RunTimeout = TimeSpan.FromSeconds(1) }, clock);
        var first = Hold(runtime, engine);
        var second = Ask(engine, 2).AsTask();
        clock.Advance(TimeSpan.FromSeconds(1.5));

        // The second takes the seat of the first and hangs as well, until the gate opens.
        await runtime.Entered.WaitAsync();
        runtime.Cancelled.Should().BeTrue();
        runtime.Gate.Set();
        var answer = await first;
        answer.Status.Should().Be(PredictionStatus.Failed);
        answer.Error.Should().BeOfType<TimeoutException>();
        Sum(await second).Should().Be(5);
    }

    [Fact]
    public async Task Dispose_RequestsInFlight_AreAnsweredThenTheModelGoes()
    {
        using var runtime = new FakeTensorRuntime();
        var engine = new TensorEngine(runtime, OneSeat, TimeProvider.System);
        var first = Hold(runtime, engine);
        var waiting = Ask(engine, 2).AsTask();
        engine.Dispose();

        (await Ask(engine, 3)).Status.Should().Be(PredictionStatus.Retired);
        runtime.Disposed.Should().BeFalse();
        runtime.Gate.Set();
        await first;
        Sum(await waiting).Should().Be(5);
        await engine.Drained;
        runtime.Disposed.Should().BeTrue();
    }

    [Fact]
    public async Task RunAsync_CallerBlocksInItsContinuation_OthersAreStillAnswered()
    {
        var clock = new FakeClock();
        using var runtime = new FakeTensorRuntime();
        using var engine = new TensorEngine(runtime, OneSeat, clock);
        using var release = new ManualResetEventSlim();
        var blocked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var first = Hold(runtime, engine);
        var blocking = BlockAsync();
        var mate = Ask(engine, 3).AsTask();
        runtime.Gate.Set();
        await blocked.Task;
        clock.Advance(TimeSpan.FromMilliseconds(50));

        Sum(await mate).Should().Be(6);
        Sum(await Ask(engine, 4)).Should().Be(7);
        release.Set();
        await first;
        await blocking;

        async Task BlockAsync()
        {
            await Ask(engine, 2).ConfigureAwait(false);
            blocked.SetResult();
            release.Wait();
        }
    }

    [Fact]
    public async Task RunAsync_ManyCallersOfManyShapes_EachGetsItsOwnAnswer()
    {
        using var runtime = new FakeTensorRuntime();
        using var engine = new TensorEngine(runtime, new BatchingOptions(), TimeProvider.System);
        await Task.WhenAll(Enumerable.Range(0, 64).Select(caller => Task.Run(async () =>
        {
            for (var i = 0; i < 300; i++)
            {
                var value = (caller * 1000) + i + 1000;
                var answer = await Ask(engine, value, rows: 1 + (i % 3), width: 3 + (caller % 5));
                if (answer.Status != PredictionStatus.Ok || ((TensorValue)answer.Outputs!["sum"]).AsSpan<float>().ContainsAnyExcept(value + 3f))
                    throw new InvalidOperationException($"Caller {caller} got another answer for {value}.");
            }
        })));
        engine.QueuedRows.Should().Be(0);
    }

    [Fact]
    public async Task RunAsync_RowsThatDependOnTheirMates_AreFoundOutAndRunAloneFromThenOn()
    {
        using var runtime = OnnxModelRuntime.Load(TensorModels.BatchMean(2), new OnnxRuntimeOptions(), "test");
        using var gate = new GatedRuntime(runtime);
        using var engine = new TensorEngine(gate, OneSeat, TimeProvider.System);
        gate.Gate.Reset();
        var first = Task.Run(async () => await engine.RunAsync(Mean(1), null, 0, default));
        await gate.Entered.WaitAsync();
        var waiting = Enumerable.Range(1, 6).Select(i => engine.RunAsync(Mean(i), null, 0, default).AsTask()).ToArray();
        gate.Gate.Set();

        await first;
        foreach (var answer in await Task.WhenAll(waiting))
            ((TensorValue)answer.Outputs!["out"]).AsSpan<float>().ToArray().Should().Equal(0, 0);

        static Dictionary<string, ModelValue> Mean(int i) => new() { ["x"] = TensorValue.Create([(float)i, 2 * i], 1, 2), ["y"] = TensorValue.Create([1L, 2L], 1, 2) };
    }

    internal static Dictionary<string, ModelValue> Inputs(long value, int rows = 1, int width = 3)
    {
        var a = new long[rows * width];
        var b = new float[rows * 2];
        for (var row = 0; row < rows; row++)
            (a[row * width], b[row * 2], b[(row * 2) + 1]) = (value, 1, 2);
        return new() { ["a"] = TensorValue.Create(a, rows, width), ["b"] = TensorValue.Create(b, rows, 2) };
    }

    private static ValueTask<TensorAnswer> Ask(TensorEngine engine, long value, int rows = 1, int width = 3, CancellationToken token = default) =>
        engine.RunAsync(Inputs(value, rows, width), null, 0, token);

    private static Task<TensorAnswer> Hold(FakeTensorRuntime runtime, TensorEngine engine)
    {
        runtime.Gate.Reset();
        var first = Task.Run(async () => await Ask(engine, 99));
        runtime.Entered.Wait();
        return first;
    }

    private static float Sum(TensorAnswer answer)
    {
        answer.Status.Should().Be(PredictionStatus.Ok);
        var sums = ((TensorValue)answer.Outputs!["sum"]).AsSpan<float>().ToArray();
        sums.Distinct().Should().ContainSingle();
        return sums[0];
    }

    private static float[] Copy(TensorAnswer answer) => ((TensorValue)answer.Outputs!["copy"]).AsSpan<float>().ToArray();
}
