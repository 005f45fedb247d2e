namespace MlOps.Serving.Tests.Batching;

/// <summary>Which rows make the next batch: a first run is held up, rows queue behind it, then it goes on.</summary>
public sealed class BatchFormingTests
{
    private static readonly BatchingOptions Four = new() { MaximumBatchSize = 4, QueueLimit = 64, Parallelism = 1, ParallelRows = 1 };
    private static readonly BatchCurve Flat = new([new(1, TimeSpan.FromMilliseconds(10)), new(8, TimeSpan.FromMilliseconds(80))]);
    private static readonly BatchCurve Steep = new([new(1, TimeSpan.FromMilliseconds(10)), new(8, TimeSpan.FromMilliseconds(12))]);

    [Fact]
    public async Task Priorities_MoreRowsThanABatch_HighBeforeNormalBeforeLow()
    {
        using var runtime = new FakeRuntime();
        using var engine = new BatchEngine(runtime, Four, TimeProvider.System);
        var first = await HoldAsync(runtime, engine);
        var all = new List<Task<BatchAnswer>>();
        foreach (var (value, priority) in new[] { (10, RequestPriority.Normal), (20, RequestPriority.Low), (30, RequestPriority.Normal), (40, RequestPriority.High) })
        {
            for (var i = 0; i < 4; i++)
                all.Add(Ask(engine, value + i, priority));
        }

        runtime.Gate.Set();
        await first;
        (await Task.WhenAll(all)).Should().OnlyContain(answer => answer.Status == PredictionStatus.Ok);

        Firsts(runtime).Skip(1).SelectMany(batch => batch).Should().Equal(40, 41, 42, 43, 10, 11, 12, 13, 30, 31, 32, 33, 20, 21, 22, 23);
    }

    [Fact]
    public async Task Priorities_HighRowsWithoutEnd_LowOnesAreNotStarved()
    {
        using var runtime = new FakeRuntime();
        using var engine = new BatchEngine(runtime, Four with { QueueLimit = 500 }, TimeProvider.System);
        var first = await HoldAsync(runtime, engine);
        var high = Enumerable.Range(0, 204).Select(i => Ask(engine, 1, i < 4 ? RequestPriority.Normal : RequestPriority.High)).ToArray();
        var low = Ask(engine, 7, RequestPriority.Low);
        runtime.Gate.Set();
        await first;
        await Task.WhenAll([.. high, low]);

        Firsts(runtime).FindIndex(batch => batch.Contains(7)).Should().BeInRange(8, 11);
    }

    [Fact]
    public async Task Priorities_QueueFull_LowRowsMakeRoomForHighOnes()
    {
        using var runtime = new FakeRuntime();
        using var engine = new BatchEngine(runtime, Four with { QueueLimit = 8 }, TimeProvider.System);
        var first = await HoldAsync(runtime, engine);
        var normal = Enumerable.Range(0, 4).Select(i => Ask(engine, i)).ToArray();
        var low = Enumerable.Range(0, 4).Select(i => Ask(engine, i, RequestPriority.Low)).ToArray();
        (await Ask(engine, 1, RequestPriority.Low)).Status.Should().Be(PredictionStatus.Overloaded);
        var high = Ask(engine, 9, RequestPriority.High);

        (await low[3]).Status.Should().Be(PredictionStatus.Overloaded);
        low.Take(3).Should().OnlyContain(task => !task.IsCompleted);
        runtime.Gate.Set();
        await first;
        (await high).Status.Should().Be(PredictionStatus.Ok);
        (await Task.WhenAll([.. normal, .. low.Take(3)])).Should().OnlyContain(answer => answer.Status == PredictionStatus.Ok);
        engine.QueuedRows.Should().Be(0);
    }

    [Fact]
    public async Task Callers_OneFloods_OthersTakeTurnsWithIt()
    {
        using var runtime = new FakeRuntime();
        using var engine = new BatchEngine(runtime, Four, TimeProvider.System);
        var first = await HoldAsync(runtime, engine);
        var all = Enumerable.Range(0, 40).Select(i => Ask(engine, 1, caller: "flood")).ToList();
        all.AddRange(Enumerable.Range(0, 3).Select(i => Ask(engine, 2, caller: "b")).ToArray());
        all.AddRange(Enumerable.Range(0, 3).Select(i => Ask(engine, 3, caller: "c")).ToArray());
        runtime.Gate.Set();
        await first;
        await Task.WhenAll(all);

        // The four of the first batch had been queued before anybody had to take turns.
        var batches = Firsts(runtime);
        var before = batches.Take(6).SelectMany(batch => batch).ToArray();
        before.Count(value => value == 2).Should().Be(3);
        before.Count(value => value == 3).Should().Be(3);
        batches.Should().OnlyContain(batch => batch.Length <= 4);
    }

    [Fact]
    public async Task Callers_OneFillsTheQueue_OthersAreNotRefused()
    {
        using var runtime = new FakeRuntime();
        using var engine = new BatchEngine(runtime, Four with { QueueLimit = 20 }, TimeProvider.System);
        var first = await HoldAsync(runtime, engine);
        var flood = Enumerable.Range(0, 30).Select(i => Ask(engine, 1, caller: "flood")).ToArray();
        var others = Enumerable.Range(0, 6).Select(i => Ask(engine, 2, caller: "other")).ToArray();
        runtime.Gate.Set();
        await first;

        (await Task.WhenAll(others)).Should().OnlyContain(answer => answer.Status == PredictionStatus.Ok);
        (await Task.WhenAll(flood)).Count(answer => answer.Status == PredictionStatus.Overloaded).Should().Be(16);
        engine.QueuedRows.Should().Be(0);
    }

    [Fact]
    public async Task Deadline_PredictedWaitIsLonger_IsRefusedAtOnceWithAWait()
    {
        using var runtime = new FakeRuntime();
        var clock = new FakeClock();
        var curve = new BatchCurve([new(1, TimeSpan.FromMilliseconds(10)), new(4, TimeSpan.FromMilliseconds(20))]);
        using var engine = new BatchEngine(runtime, Four, clock, curve);
        var first = await HoldAsync(runtime, engine);
        var waiting = Enumerable.Range(0, 8).Select(i => Ask(engine, i)).ToArray();

        // Running, two full batches, and a batch of its own: 10 + 40 + 10 ms.
        var refused = await engine.PredictAsync(Row(1), new float[1], clock.GetTimestamp() + (clock.TimestampFrequency / 20));
        refused.Status.Should().Be(PredictionStatus.Overloaded);
        TimeSpan.FromTicks(refused.Detail).Should().BeCloseTo(TimeSpan.FromMilliseconds(60), TimeSpan.FromMilliseconds(11));
        var admitted = engine.PredictAsync(Row(1), new float[1], clock.GetTimestamp() + (clock.TimestampFrequency / 10)).AsTask();
        runtime.Gate.Set();
        await first;
        await Task.WhenAll(waiting);
        (await admitted).Status.Should().Be(PredictionStatus.Ok);
    }

    [Fact]
    public async Task Deadline_AnswerWouldComeTooLate_IsNotComputed()
    {
        using var runtime = new FakeRuntime();
        var clock = new FakeClock();
        using var engine = new BatchEngine(runtime, Four with { MaximumBatchSize = 8 }, clock, Steep);
        var first = await HoldAsync(runtime, engine);
        var late = engine.PredictAsync(Row(5), new float[1], clock.GetTimestamp() + (clock.TimestampFrequency / 10)).AsTask();
        clock.Advance(TimeSpan.FromMilliseconds(95));
        runtime.Gate.Set();
        await first;

        (await late).Status.Should().Be(PredictionStatus.DeadlineExceeded);
        runtime.Batches.SelectMany(batch => batch).Should().NotContain(5);
    }

    [Theory]
    [InlineData(false, new[] { 4, 2, 1 })]
    [InlineData(true, new[] { 4, 2, 2 })]
    public async Task PreferredBatchSizes_SevenRowsWait_AreTakenInThem(bool pad, int[] expected)
    {
        using var runtime = new FakeRuntime();
        using var engine = new BatchEngine(runtime, Four with { MaximumBatchSize = 8, PreferredBatchSizes = [2, 4], PadToPreferred = pad }, TimeProvider.System);
        var first = await HoldAsync(runtime, engine);
        var waiting = Enumerable.Range(0, 7).Select(i => Ask(engine, i)).ToArray();
        runtime.Gate.Set();
        await first;

        (await Task.WhenAll(waiting)).Should().OnlyContain(answer => answer.Status == PredictionStatus.Ok);
        runtime.Batches.Skip(1).Select(batch => batch.Length / 3).Should().Equal(expected);
    }

    [Fact]
    public async Task Policy_OfTheHost_DecidesSizeAndWait()
    {
        using var runtime = new FakeRuntime();
        var clock = new FakeClock();
        using var engine = new BatchEngine(runtime, Four with { Policy = new Threes() }, clock);
        var asked = Enumerable.Range(0, 2).Select(i => Ask(engine, i)).ToArray();
        asked.Should().OnlyContain(task => !task.IsCompleted);
        var third = Ask(engine, 2);
        while (!third.IsCompleted)
        {
            clock.Advance(TimeSpan.FromMilliseconds(2));
            await Task.Yield();
        }

        await Task.WhenAll(asked);
        runtime.Batches.Select(batch => batch.Length / 3).Should().Equal(3);
    }

    [Fact]
    public async Task Curve_BatchesGainNothing_RowsRunAlone()
    {
        using var runtime = new FakeRuntime();
        using var engine = new BatchEngine(runtime, Four with { MaximumBatchSize = 8, ParallelRows = 0 }, TimeProvider.System, Flat);
        engine.MaximumRows.Should().Be(1);
        var first = await HoldAsync(runtime, engine);
        var waiting = Enumerable.Range(0, 5).Select(i => Ask(engine, i)).ToArray();
        runtime.Gate.Set();
        await first;
        await Task.WhenAll(waiting);
        runtime.Batches.Should().HaveCount(6).And.OnlyContain(batch => batch.Length == 3);
    }

    [Fact]
    public async Task MaximumDelay_MatesSaveLessThanTheWaitCosts_RunsAtOnce()
    {
        using var runtime = new FakeRuntime();
        var clock = new FakeClock();
        using var engine = new BatchEngine(runtime, Four with { MaximumBatchSize = 8, MaximumDelay = TimeSpan.FromMilliseconds(5) }, clock, Steep);
        for (var i = 0; i < 3; i++)
        {
            (await Ask(engine, i)).Status.Should().Be(PredictionStatus.Ok);
            await IdleAsync(engine);
            clock.Advance(TimeSpan.FromSeconds(1));
        }

        // Now a row every 0.1 ms: fifty would come meanwhile, and each would save 8.5 ms.
        var soon = new List<Task<BatchAnswer>>();
        while (engine.QueuedRows == 0)
        {
            clock.Advance(TimeSpan.FromMicroseconds(100));
            soon.Add(Ask(engine, 1));
            soon.Count.Should().BeLessThan(10);
            if (engine.RunningBatches > 0)
                await soon[^1];
            await IdleAsync(engine);
        }

        soon[^1].IsCompleted.Should().BeFalse();
        clock.Advance(TimeSpan.FromMilliseconds(5));
        await Task.WhenAll(soon);
    }

    [Fact]
    public async Task Poison_OneOfSixtyFour_IsFoundByHalving()
    {
        using var runtime = new FakeRuntime();
        using var engine = new BatchEngine(runtime, Four with { MaximumBatchSize = 64 }, TimeProvider.System);
        var first = await HoldAsync(runtime, engine);
        var waiting = Enumerable.Range(0, 64).Select(i => Ask(engine, i == 37 ? FakeRuntime.Poison : i)).ToArray();
        runtime.Gate.Set();
        await first;

        var answers = await Task.WhenAll(waiting);
        answers.Count(answer => answer.Status == PredictionStatus.Ok).Should().Be(63);
        answers[37].Status.Should().Be(PredictionStatus.Failed);
        runtime.Batches.Should().HaveCount(1 + 1 + 12);
    }

    private static List<float[]> Firsts(FakeRuntime runtime) =>
        [.. runtime.Batches.Select(batch => Enumerable.Range(0, batch.Length / 3).Select(row => batch[row * 3]).ToArray())];

    // A caller continues on the leader's thread, which has its seat until then.
    private static async Task IdleAsync(BatchEngine engine)
    {
        do
            await Task.Yield();
        while (engine.RunningBatches > 0);
    }

    private static float[] Row(float value) => [value, value, value];

    private static Task<BatchAnswer> Ask(BatchEngine engine, float value, RequestPriority priority = RequestPriority.Normal, string? caller = null) =>
        engine.PredictAsync(Row(value), new float[1], new RowTerms(0, default, priority, caller)).AsTask();

    private static async Task<Task<BatchAnswer>> HoldAsync(FakeRuntime runtime, BatchEngine engine)
    {
        runtime.Gate.Reset();
        var first = Task.Run(() => Ask(engine, 0));
        await runtime.Entered.WaitAsync();
        return first;
    }

    private sealed class Threes : IBatchPolicy
    {
        public BatchDecision Decide(in BatchSituation situation) =>
            situation.WaitingRows >= 3 ? BatchDecision.Take(3) : BatchDecision.WaitFor(TimeSpan.FromMilliseconds(1));
    }
}
