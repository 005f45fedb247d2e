using Microsoft.Extensions.DependencyInjection;

namespace MlOps.Serving.Tests.Payload;

public sealed class PayloadLogTests
{
    [Fact]
    public async Task Sink_SlowAndBounded_GetsRedactedCopiesAndSlowsNobody()
    {
        var sink = new Sink();
        await using var fixture = PolicyFixture.Open(
            policies => policies with { PayloadLog = new PayloadLogOptions { Share = 1, QueueLimit = 10, Redacted = ["b"], RedactsKeys = true } },
            (services, name) => services.AddKeyedSingleton<IPayloadSink>(name, sink));
        await fixture.Endpoint.SetTrafficAsync(TrafficPolicy.Single(await fixture.RegisterAsync(2)), "go");
        var row = new float[] { 3, 5 };
        var scores = new float[1];
        sink.Gate.Reset();
        for (var i = 0; i < 300; i++)
            await fixture.Endpoint.PredictAsync(row, scores, new PredictionContext { Key = "secret" });
        row[0] = 0;
        sink.Gate.Set();
        await sink.First.Task;
        await fixture.Serving.StopAsync();
        sink.Records.Should().HaveCountLessThanOrEqualTo(30).And.NotBeEmpty();
        sink.Records.Select(record => (record.Features.Span[0], record.Features.Span[1], record.Score, record.Key)).Distinct().Should().Equal((3f, float.NaN, 6f, (string?)null));
    }

    [Fact]
    public async Task Share_ChoosesByIdentity_AboutAsMany()
    {
        var sink = new Sink();
        await using var fixture = PolicyFixture.Open(
            policies => policies with { PayloadLog = new PayloadLogOptions { Share = 0.2, QueueLimit = 10_000 } },
            (services, name) => services.AddKeyedSingleton<IPayloadSink>(name, sink));
        await fixture.Endpoint.SetTrafficAsync(TrafficPolicy.Single(await fixture.RegisterAsync(2)), "go");
        for (var i = 0; i < 5_000; i++)
            await fixture.AskAsync(i);
        await fixture.Serving.StopAsync();
        sink.Records.Count.Should().BeInRange(850, 1_150);
        sink.Records.Select(record => record.Id).Should().OnlyHaveUniqueItems();
    }

    private sealed class Sink : IPayloadSink
    {
        public List<PredictionRecord> Records { get; } = [];

        public ManualResetEventSlim Gate { get; } = new(true);

        public TaskCompletionSource First { get; } = new();

        public ValueTask WriteAsync(IReadOnlyList<PredictionRecord> records, CancellationToken cancellationToken = default)
        {
            Gate.Wait(CancellationToken.None);
            Records.AddRange(records);
            First.TrySetResult();
            return default;
        }
    }
}
