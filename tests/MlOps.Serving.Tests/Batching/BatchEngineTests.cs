using System.Diagnostics;

namespace MlOps.Serving.Tests.Batching;

public sealed class BatchEngineTests
{
    private static readonly BatchingOptions OneSeat = new() { MaximumBatchSize = 8, QueueLimit = 16, Parallelism = 1, ParallelRows = 1 };

    [Fact]
    public async Task PredictAsync_IdleEngine_AnswersOnTheCallersThreadAtOnce()
    {
        using var runtime = new FakeRuntime();
        using var engine = new BatchEngine(runtime, OneSeat, TimeProvider.System);
        var score = new float[1];

        var task = engine.PredictAsync([1, 2, 3], score);

        task.IsCompletedSuccessfully.Should().BeTrue();
        (await task).Status.Should().Be(PredictionStatus.Ok);
        score[0].Should().Be(6);
    }

    [Fact]
    public async Task PredictAsync_WhileABatchRuns_LaterRowsFormOneBatch()
    {
        using var runtime = new FakeRuntime();
        using var engine = new BatchEngine(runtime, OneSeat, TimeProvider.System);
        var (first, scores) = await HoldAsync(runtime, engine);
        var waiting = Enumerable.Range(0, 8).Select(i => Ask(engine, i)).ToArray();
        runtime.Gate.Set();

        (await first).Status.Should().Be(PredictionStatus.Ok);
        (await Task.WhenAll(waiting)).Select(answer => answer.Score).Should().Equal(Enumerable.Range(0, 8).Select(i => 3f * i));
        scores[0].Should().Be(6);
        runtime.Batches.Select(batch => batch.Length / 3).Should().Equal(1, 8);
    }

    [Fact]
    public async Task PredictAsync_QueueFull_IsRefusedWithAWait()
    {
        using var runtime = new FakeRuntime();
        using var engine = new BatchEngine(runtime, OneSeat, TimeProvider.System);
        var (first, _) = await HoldAsync(runtime, engine);
        var waiting = Enumerable.Range(0, 16).Select(i => Ask(engine, i)).ToArray();

        var refused = await engine.PredictAsync([1, 1, 1], new float[1]);

        refused.Status.Should().Be(PredictionStatus.Overloaded);
        refused.Detail.Should().BePositive();
        runtime.Gate.Set();
        await first;
        (await Task.WhenAll(waiting)).Should().OnlyContain(answer => answer.Answer.Status == PredictionStatus.Ok);
    }

    [Theory]
    [InlineData(float.NaN, PredictionStatus.InvalidInput)]
    [InlineData(float.PositiveInfinity, PredictionStatus.InvalidInput)]
    [InlineData(float.NegativeInfinity, PredictionStatus.InvalidInput)]
    [InlineData(float.MaxValue, PredictionStatus.Ok)]
    [InlineData(-0f, PredictionStatus.Ok)]
    public async Task PredictAsync_NonFiniteFeature_IsNamedByPosition(float value, PredictionStatus expected)
    {
        using var runtime = new FakeRuntime(21);
        using var engine = new BatchEngine(runtime, OneSeat, TimeProvider.System);
        for (var position = 0; position < 21; position++)
        {
            var row = new float[21];
            row[position] = value;
            var answer = await engine.PredictAsync(row, new float[1]);
            answer.Status.Should().Be(expected);
            if (expected == PredictionStatus.InvalidInput)
                answer.Detail.Should().Be(position);
        }
    }

    [Fact]
    public async Task PredictAsync_MissingFeaturesPass_LetsNaNThroughButNoInfinity()
    {
        using var runtime = new FakeRuntime();
        using var engine = new BatchEngine(runtime, OneSeat with { MissingFeatures = MissingFeatures.Pass }, TimeProvider.System);
        (await engine.PredictAsync([1, float.NaN, 3], new float[1])).Status.Should().Be(PredictionStatus.Ok);
        (await engine.PredictAsync([1, float.NaN, float.PositiveInfinity], new float[1])).Detail.Should().Be(2);
    }

    [Fact]
    public async Task PredictAsync_WrongLength_IsInvalid()
    {
        using var runtime = new FakeRuntime();
        using var engine = new BatchEngine(runtime, OneSeat, TimeProvider.System);
        var answer = await engine.PredictAsync([1, 2], new float[1]);
        answer.Status.Should().Be(PredictionStatus.InvalidInput);
        (~answer.Detail).Should().Be(2);
    }

    [Fact]
    public async Task PredictAsync_CancelledWhileWaiting_IsNeverComputed()
    {
        using var runtime = new FakeRuntime();
        using var engine = new BatchEngine(runtime, OneSeat, TimeProvider.System);
        var (first, _) = await HoldAsync(runtime, engine);
        using var cancellation = new CancellationTokenSource();
        var kept = Ask(engine, 1);
        var scores = new float[] { -1 };
        var cancelled = engine.PredictAsync([5, 5, 5], scores, 0, cancellation.Token).AsTask();
        var alsoKept = Ask(engine, 2);
        await cancellation.CancelAsync();

        await FluentActions.Awaiting(() => cancelled).Should().ThrowAsync<OperationCanceledException>();
        runtime.Gate.Set();
        await first;
        (await kept).Score.Should().Be(3);
        (await alsoKept).Score.Should().Be(6);
        scores[0].Should().Be(-1);
        runtime.Batches.SelectMany(batch => batch).Should().NotContain(5);
    }

    [Fact]
    public async Task PredictAsync_DeadlinePassedWhileWaiting_IsNeverComputed()
    {
        using var runtime = new FakeRuntime();
        var clock = new FakeClock();
        using var engine = new BatchEngine(runtime, OneSeat, clock);
        var (first, _) = await HoldAsync(runtime, engine);
        var late = engine.PredictAsync([5, 5, 5], new float[1], clock.GetTimestamp() + clock.TimestampFrequency).AsTask();
        var kept = Ask(engine, 1);
        clock.Advance(TimeSpan.FromSeconds(2));
        runtime.Gate.Set();
        await first;

        (await late).Status.Should().Be(PredictionStatus.DeadlineExceeded);
        (await kept).Score.Should().Be(3);
        runtime.Batches.SelectMany(batch => batch).Should().NotContain(5);
        (await engine.PredictAsync([1, 1, 1], new float[1], clock.GetTimestamp() - 1)).Status.Should().Be(PredictionStatus.DeadlineExceeded);
    }

    [Fact]
    public async Task PredictAsync_PoisonRowInABatch_FailsAlone()
    {
        using var runtime = new FakeRuntime();
        using var engine = new BatchEngine(runtime, OneSeat, TimeProvider.System);
        var (first, _) = await HoldAsync(runtime, engine);
        var mates = Enumerable.Range(0, 5).Select(i => Ask(engine, i == 2 ? FakeRuntime.Poison : i)).ToArray();
        runtime.Gate.Set();
        await first;

        var answers = await Task.WhenAll(mates);
        answers[2].Answer.Status.Should().Be(PredictionStatus.Failed);
        answers[2].Answer.Error!.Message.Should().Be("poison");
        answers.Where((_, i) => i != 2).Select(answer => answer.Score).Should().Equal(0, 3, 9, 12);
    }

    [Fact]
    public async Task PredictAsync_MaximumDelay_WaitsForMatesOrTheTimer()
    {
        using var runtime = new FakeRuntime();
        var clock = new FakeClock();
        using var engine = new BatchEngine(runtime, OneSeat with { MaximumDelay = TimeSpan.FromMilliseconds(5) }, clock);
        var two = new[] { Ask(engine, 1), Ask(engine, 2) };
        two.Should().OnlyContain(task => !task.IsCompleted);
        clock.Advance(TimeSpan.FromMilliseconds(6));
        (await Task.WhenAll(two)).Select(answer => answer.Score).Should().Equal(3, 6);
        runtime.Batches.Should().ContainSingle().Which.Length.Should().Be(6);

        var full = Enumerable.Range(0, 8).Select(i => Ask(engine, i)).ToArray();
        await Task.WhenAll(full);
        runtime.Batches[1].Length.Should().Be(24);
    }

    [Fact]
    public async Task PredictAsync_ContinuationBlocksOnTheSameEngine_IsRescued()
    {
        using var runtime = new FakeRuntime { Record = false };
        using var engine = new BatchEngine(runtime, OneSeat with { QueueLimit = 1000 }, TimeProvider.System);
        for (var round = 0; round < 3; round++)
        {
            var (first, _) = await HoldAsync(runtime, engine);
            var blocked = Enumerable.Range(0, 12).Select(async i =>
            {
                (await Ask(engine, i)).Score.Should().Be(3f * i);
                return BlockingAsk(engine, i);
            }).ToArray();
            runtime.Gate.Set();
            await first;
            (await Task.WhenAll(blocked)).Should().Equal(Enumerable.Range(0, 12).Select(i => 3f * i));
        }

        engine.Retire();
        await engine.Drained;
        runtime.UsedAfterDispose.Should().BeFalse();
    }

    [Fact]
    public async Task Retire_WithRowsWaiting_AnswersThemThenDisposesTheModel()
    {
        var runtime = new FakeRuntime();
        var engine = new BatchEngine(runtime, OneSeat, TimeProvider.System);
        var (first, _) = await HoldAsync(runtime, engine);
        var waiting = Ask(engine, 4);
        engine.Retire();
        engine.Retire();
        (await engine.PredictAsync([1, 1, 1], new float[1])).Status.Should().Be(PredictionStatus.Retired);
        runtime.Disposed.Should().BeFalse();
        runtime.Gate.Set();
        await first;
        (await waiting).Score.Should().Be(12);
        await engine.Drained;
        runtime.Disposed.Should().BeTrue();
        runtime.UsedAfterDispose.Should().BeFalse();
    }

    [Fact]
    public async Task PredictAsync_WideRows_AreCopiedOutsideTheLockAndArriveWhole()
    {
        const int width = 2000;
        using var runtime = new FakeRuntime(width) { Record = false };
        using var engine = new BatchEngine(runtime, OneSeat with { QueueLimit = 100_000, Parallelism = 2 }, TimeProvider.System);
        await Parallel.ForAsync(0, 2000, async (i, token) =>
        {
            var row = new float[width];
            Array.Fill(row, i % 7);
            var score = new float[1];
            (await engine.PredictAsync(row, score, 0, token)).Status.Should().Be(PredictionStatus.Ok);
            score[0].Should().Be(width * (i % 7));
        });
    }

    [Theory]
    [InlineData(1, 1, 0)]
    [InlineData(1, 8, 0)]
    [InlineData(2, 4, 0)]
    [InlineData(4, 1, 0)]
    [InlineData(2, 8, 2)]
    public async Task PredictAsync_RandomDeadlinesCancellationsPoisonAndFailingBatches_EachRequestAnsweredOnceAndRightly(int parallelism, int parallelRows, int delayMilliseconds)
    {
        using var runtime = new FakeRuntime { Record = false };
        var batches = 0;
        runtime.FailBatch = rows => rows > 1 && Interlocked.Increment(ref batches) % 17 == 0;
        using var engine = new BatchEngine(
            runtime,
            new BatchingOptions
            {
                MaximumBatchSize = 8, QueueLimit = 24, Parallelism = parallelism, ParallelRows = parallelRows,
                MaximumDelay = TimeSpan.FromMilliseconds(delayMilliseconds),
            },
            TimeProvider.System);
        var requests = delayMilliseconds == 0 ? 1500 : 100;
        var counts = new int[7];
        await Task.WhenAll(Enumerable.Range(0, 32).Select(caller => Task.Run(async () =>
        {
            var random = new Random(caller);
            var scores = new float[1];
            for (var i = 0; i < requests; i++)
            {
                var kind = random.Next(12);
                float[] row = [random.Next(100), random.Next(100), kind == 0 ? FakeRuntime.Poison : kind == 1 ? float.NaN : random.Next(100)];
                using var cancellation = kind == 2 ? new CancellationTokenSource() : null;
                var deadline = kind == 3 ? Stopwatch.GetTimestamp() + random.Next(-100, 20_000) : 0;
                scores[0] = float.MinValue;
                var task = engine.PredictAsync(row, scores, deadline, cancellation?.Token ?? default);
                if (cancellation is not null && random.Next(2) == 0)
                    cancellation.Cancel();
                BatchAnswer answer;
                try
                {
                    answer = await task;
                }
                catch (OperationCanceledException)
                {
                    kind.Should().Be(2);
                    scores[0].Should().Be(float.MinValue);
                    Interlocked.Increment(ref counts[6]);
                    continue;
                }

                Interlocked.Increment(ref counts[(int)answer.Status]);
                switch (answer.Status)
                {
                    case PredictionStatus.Ok:
                        kind.Should().BeGreaterThan(1);
                        scores[0].Should().Be(row[0] + row[1] + row[2]);
                        break;
                    case PredictionStatus.Failed:
                        kind.Should().Be(0);
                        break;
                    case PredictionStatus.InvalidInput:
                        kind.Should().Be(1);
                        break;
                    case PredictionStatus.DeadlineExceeded:
                        kind.Should().Be(3);
                        break;
                    default:
                        answer.Status.Should().Be(PredictionStatus.Overloaded);
                        break;
                }
            }
        })));

        counts.Sum().Should().Be(32 * requests);
        counts[(int)PredictionStatus.Ok].Should().BePositive();
        counts[(int)PredictionStatus.InvalidInput].Should().BePositive();
        engine.Retire();
        await engine.Drained;
        engine.QueuedRows.Should().Be(0);
        runtime.UsedAfterDispose.Should().BeFalse();
    }

    private static float BlockingAsk(BatchEngine engine, float value) => Ask(engine, value).GetAwaiter().GetResult().Score;

    internal static async Task<(BatchAnswer Answer, float Score)> Ask(BatchEngine engine, float value)
    {
        var score = new float[engine.OutputWidth];
        var row = new float[engine.InputWidth];
        Array.Fill(row, value);
        var answer = await engine.PredictAsync(row, score).ConfigureAwait(false);
        return (answer, score[0]);
    }

    private static async Task<(Task<BatchAnswer> First, float[] Scores)> HoldAsync(FakeRuntime runtime, BatchEngine engine)
    {
        while (runtime.Entered.Wait(0))
        {
        }

        runtime.Gate.Reset();
        var scores = new float[1];
        var first = Task.Run(() => engine.PredictAsync([1, 2, 3], scores).AsTask());
        await runtime.Entered.WaitAsync();
        return (first, scores);
    }
}
