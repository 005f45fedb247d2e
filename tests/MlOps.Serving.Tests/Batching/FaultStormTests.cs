namespace MlOps.Serving.Tests.Batching;

public sealed class FaultStormTests
{
    [Theory]
    [InlineData(1, 1, false, 0)]
    [InlineData(1, 8, false, 0)]
    [InlineData(2, 4, false, 0)]
    [InlineData(4, 1, false, 0)]
    [InlineData(2, 4, true, 0)]
    [InlineData(2, 4, false, 400)]
    public async Task RandomFaults_EachRequest_IsAnsweredOnceAndRightly(int parallelism, int parallelRows, bool shaped, int hangEvery)
    {
        var storm = new FaultStorm(20_000, hangEvery: hangEvery);
        var engine = new BatchEngine(
            storm,
            new BatchingOptions
            {
                MaximumBatchSize = 8, QueueLimit = 40, Parallelism = parallelism, ParallelRows = parallelRows,
                PreferredBatchSizes = shaped ? [2, 5] : [], PadToPreferred = shaped,
                RunTimeout = hangEvery > 0 ? TimeSpan.FromMilliseconds(20) : null,
            },
            TimeProvider.System);

        await storm.RunAsync(engine, 48, seed: parallelism + parallelRows, hangs: hangEvery > 0);

        storm.Mistakes.Should().BeEmpty();
        storm.Ended[(int)PredictionStatus.Ok].Should().BeGreaterThan(5_000);
        storm.Ended[(int)PredictionStatus.InvalidInput].Should().BePositive();
        storm.Ended[(int)PredictionStatus.Failed].Should().BePositive();
        storm.Hung.Should().Match(hung => hung > 0 == hangEvery > 0);
    }
}
