using System.Runtime.CompilerServices;

namespace MlOps.Serving.Tests.Streams;

public sealed class StreamTests
{
    [Fact]
    public async Task RunAsync_AnswersOutOfOrder_ComeInTheItemsOrder()
    {
        var random = new Random(1);
        var delays = Enumerable.Range(0, 200).Select(_ => random.Next(5)).ToArray();
        var answers = await Collect(OrderedStream.RunAsync(
            Items(200), async (i, stop) =>
            {
                for (var k = 0; k < delays[i]; k++)
                    await Task.Yield();
                return i * 2;
            }, new StreamOptions { Window = 16 }, default));
        answers.Should().Equal(Enumerable.Range(0, 200).Select(i => i * 2));
    }

    [Fact]
    public async Task RunAsync_ConsumerStops_ReadsNoFurtherThanItsWindow()
    {
        var read = 0;
        var asked = 0;
        var stream = OrderedStream.RunAsync(Items(1000, () => read++), (i, _) => { Interlocked.Increment(ref asked); return new ValueTask<int>(i); }, new StreamOptions { Window = 8 }, default);
        await using (var enumerator = stream.GetAsyncEnumerator())
        {
            for (var i = 0; i < 3; i++)
                await enumerator.MoveNextAsync();
        }

        read.Should().BeLessThanOrEqualTo(3 + 8 + 1);
        asked.Should().BeLessThanOrEqualTo(3 + 8);
    }

    [Fact]
    public async Task RunAsync_Overloaded_WaitsAndAsksAgain()
    {
        var refusals = 0;
        var answers = await Collect(OrderedStream.RunAsync(
            Items(20), (i, _) => i % 5 == 0 && Interlocked.Increment(ref refusals) <= 8 ? throw new OverloadedException("full", TimeSpan.FromTicks(1)) : new ValueTask<int>(i),
            new StreamOptions(), default));
        answers.Should().Equal(Enumerable.Range(0, 20));
    }

    [Fact]
    public async Task RunAsync_OneFails_EndsThereWithItsErrorAndTakesTheRestOut()
    {
        var cancelled = 0;
        var got = new List<int>();
        var run = async () =>
        {
            await foreach (var answer in OrderedStream.RunAsync(Items(100), Ask, new StreamOptions { Window = 10 }, default))
                got.Add(answer);
        };
        await run.Should().ThrowAsync<PredictionFailedException>();
        got.Should().Equal(0, 1, 2);
        cancelled.Should().BePositive();

        async ValueTask<int> Ask(int i, CancellationToken stop)
        {
            if (i == 3)
                throw new PredictionFailedException("bad", null);
            if (i < 3)
                return i;
            var end = new TaskCompletionSource();
            await using var registration = stop.Register(() => { Interlocked.Increment(ref cancelled); end.TrySetCanceled(stop); });
            await end.Task;
            return i;
        }
    }

    [Fact]
    public async Task RunAsync_Cancelled_Throws()
    {
        using var cancellation = new CancellationTokenSource();
        var run = async () =>
        {
            await foreach (var answer in OrderedStream.RunAsync(Items(int.MaxValue), (i, _) => new ValueTask<int>(i), null, cancellation.Token))
            {
                if (answer == 50)
                    await cancellation.CancelAsync();
            }
        };
        await run.Should().ThrowAsync<OperationCanceledException>();
    }

    [Fact]
    public async Task RunAsync_SourceFails_EndsWithItsError()
    {
        var run = async () => await Collect(OrderedStream.RunAsync(Failing(), (i, _) => new ValueTask<int>(i), null, default));
        await run.Should().ThrowAsync<FormatException>();

        static async IAsyncEnumerable<int> Failing()
        {
            yield return 1;
            await Task.Yield();
            throw new FormatException();
        }
    }

    [Fact]
    public async Task PredictManyAsync_Endpoint_TensorsAndFramesInOrder()
    {
        await using var fixture = new ServingFixture();
        var endpoint = fixture.Endpoints["flight-delay"];
        await endpoint.SetTrafficAsync(TrafficPolicy.Single(await fixture.RegisterScaleAsync(2)), "test");

        var tensors = await Collect(endpoint.PredictManyAsync(Requests(500)));
        tensors.Select(answer => answer["output"].AsSpan<float>()[0]).Should().Equal(Enumerable.Range(0, 500).Select(i => 2f * i));

        var frames = await Collect(endpoint.PredictManyAsync(Frames(5)));
        frames.Select(frame => frame.Column<float>("score_1")[1]).Should().Equal(0f, 2f, 4f, 6f, 8f);

        static async IAsyncEnumerable<IReadOnlyDictionary<string, ModelValue>> Requests(int count)
        {
            for (var i = 0; i < count; i++)
            {
                await Task.CompletedTask;
                yield return new Dictionary<string, ModelValue> { ["input"] = TensorValue.Create([(float)i, 1f], 1, 2) };
            }
        }

        static async IAsyncEnumerable<DataFrame> Frames(int count)
        {
            for (var i = 0; i < count; i++)
            {
                await Task.CompletedTask;
                yield return new DataFrame(DataColumn.Create("a", new[] { 9f, i }), DataColumn.Create("b", new[] { 1f, 1f }));
            }
        }
    }

    private static async IAsyncEnumerable<int> Items(int count, Action? read = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        for (var i = 0; i < count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            read?.Invoke();
            if (i % 7 == 0)
                await Task.Yield();
            yield return i;
        }
    }

    private static async Task<List<T>> Collect<T>(IAsyncEnumerable<T> stream)
    {
        var list = new List<T>();
        await foreach (var item in stream)
            list.Add(item);
        return list;
    }
}
