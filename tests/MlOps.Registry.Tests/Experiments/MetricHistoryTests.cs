using MlOps.Testing;

namespace MlOps.Registry.Tests;

public sealed class MetricHistoryTests : IAsyncDisposable
{
    private readonly TestEnvironment _environment = new();

    private SqlExperiments Experiments => new(_environment.Context);

    public ValueTask DisposeAsync() => _environment.DisposeAsync();

    [Fact]
    public async Task Resume_LoopGoesBackToItsCheckpoint_EachStepStandsOnce()
    {
        await LogAsync(0, 150, 1);
        await LogAsync(100, 160, 2);
        var points = await Experiments.GetMetricHistoryAsync(await IdAsync(), "loss");
        points.Select(point => point.Step).Should().Equal(Enumerable.Range(0, 161).Select(step => (long)step));
        points.Should().OnlyContain(point => point.Value == (point.Step < 100 ? 1 : 2));
        (await Experiments.GetMetricHistoryAsync(await IdAsync(), "loss", new MetricHistoryOptions { AllAttempts = true })).Should().HaveCount(151 + 61);
        (await Experiments.GetRunAsync(await IdAsync())).Attempt.Should().Be(1);
    }

    [Fact]
    public async Task Resume_NewAttemptIsBehindTheOld_TheLatestIsTheNewOnes()
    {
        await LogAsync(0, 150, 1);
        await LogAsync(100, 101, 2);
        (await Experiments.GetRunAsync(await IdAsync())).Metrics["loss"].Should().Be(2);
        (await Experiments.GetMetricHistoryAsync(await IdAsync(), "loss"))[^1].Step.Should().Be(101);
    }

    [Fact]
    public async Task Resume_MetricThatTheNewAttemptDoesNotLog_KeepsItsHistory()
    {
        await LogAsync(0, 3, 1, "former");
        await LogAsync(0, 1, 2, "loss");
        (await Experiments.GetMetricHistoryAsync(await IdAsync(), "former")).Should().HaveCount(4);
        (await Experiments.GetRunAsync(await IdAsync())).Metrics.Should().HaveCount(2);
    }

    [Fact]
    public async Task Resume_ManyRandomAttempts_EqualsAModelThatForgets()
    {
        var random = new Random(20010101);
        for (var round = 0; round < 15; round++)
        {
            var key = $"k{round}";
            var model = new SortedDictionary<long, double>();
            var value = 0.0;
            for (var attempt = 0; attempt < 4; attempt++)
            {
                await using var run = await Experiments.StartRunAsync("training", new RunOptions { Key = key, SystemMetricsInterval = null });
                var begin = random.Next(0, 30);
                foreach (var step in model.Keys.Where(step => step >= begin).ToList())
                    model.Remove(step);
                for (long step = begin; step < begin + random.Next(1, 20); step++)
                {
                    run.LogMetric("loss", ++value, step);
                    model[step] = value;
                    if (random.Next(4) == 0)
                        await run.FlushAsync();
                }
            }

            var id = (await Experiments.ListRunsAsync("training"))[0].Id;
            (await Experiments.GetMetricHistoryAsync(id, "loss")).Select(point => (point.Step, point.Value)).Should().Equal(model.Select(pair => (pair.Key, pair.Value)));
            var (from, to) = (random.Next(0, 20), random.Next(20, 50));
            (await Experiments.GetMetricHistoryAsync(id, "loss", new MetricHistoryOptions { FromStep = from, ToStep = to })).Select(point => point.Value)
                .Should().Equal(model.Where(pair => pair.Key >= from && pair.Key <= to).Select(pair => pair.Value));
            (await Experiments.GetRunAsync(id)).Metrics["loss"].Should().Be(model.Values.Last());
            _environment.Clock.Advance(TimeSpan.FromSeconds(1));
        }
    }

    [Fact]
    public async Task History_MaxPoints_KeepsEndsAndPeaks()
    {
        await using var run = await Experiments.StartRunAsync("training");
        for (var step = 0; step < 100_000; step++)
            run.LogMetric("loss", step == 54_321 ? 1e9 : step == 7 ? -1e9 : step % 10, step);
        await run.FlushAsync();
        var points = await Experiments.GetMetricHistoryAsync(run.Id, "loss", new MetricHistoryOptions { MaxPoints = 100 });
        points.Count.Should().BeInRange(50, 100);
        (points[0].Step, points[^1].Step).Should().Be((0, 99_999));
        points.Should().Contain(point => point.Step == 54_321).And.Contain(point => point.Step == 7);
        points.Select(point => point.Step).Should().BeInAscendingOrder().And.OnlyHaveUniqueItems();
    }

    [Fact]
    public void Thin_RandomSeries_StaysWithinItsBoundAndKeepsTheExtremes()
    {
        var random = new Random(7);
        for (var round = 0; round < 500; round++)
        {
            var points = Enumerable.Range(0, random.Next(1, 400))
                .Select(step => new MetricPoint(step, new Timestamp(step), random.Next(10) == 0 ? double.NaN : random.NextDouble())).ToArray();
            var most = random.Next(MetricHistory.LeastPoints, 60);
            var thin = MetricHistory.Thin(points, most);
            thin.Length.Should().BeLessThanOrEqualTo(Math.Max(most, 4));
            thin.Should().BeSubsetOf(points).And.OnlyHaveUniqueItems();
            thin[0].Should().Be(points[0]);
            thin[^1].Should().Be(points[^1]);
            var finite = points.Where(point => !double.IsNaN(point.Value)).Select(point => point.Value).ToArray();
            if (finite.Length > 0)
            {
                thin.Where(point => !double.IsNaN(point.Value)).Select(point => point.Value).Should().Contain([finite.Min(), finite.Max()]);
            }
        }
    }

    [Fact]
    public async Task History_BadOptions_AreRefused()
    {
        await using var run = await Experiments.StartRunAsync("training");
        await Refused(new MetricHistoryOptions { MaxPoints = 3 });
        await Refused(new MetricHistoryOptions { FromStep = 2, ToStep = 1 });

        async Task Refused(MetricHistoryOptions options) =>
            await Experiments.Invoking(e => e.GetMetricHistoryAsync(run.Id, "loss", options).AsTask()).Should().ThrowAsync<InvalidInputException>();
    }

    [Fact]
    public async Task LogMetrics_Batch_IsAllOrNothing()
    {
        await using var run = await Experiments.StartRunAsync("training");
        run.LogMetrics(new Dictionary<string, double> { ["a"] = 1, ["b"] = 2 }, 3);
        run.Invoking(r => r.LogMetrics([new("c", 1), new("../d", 2)])).Should().Throw<InvalidInputException>();
        await run.FlushAsync();
        (await Experiments.GetRunAsync(run.Id)).Metrics.Should().Equal(new Dictionary<string, double> { ["a"] = 1, ["b"] = 2 });
        (await Experiments.GetMetricHistoryAsync(run.Id, "b")).Single().Step.Should().Be(3);
    }

    [Fact]
    public async Task LogMetric_KnownMetric_AllocatesNothing()
    {
        await using var run = await Experiments.StartRunAsync("training", new RunOptions { SystemMetricsInterval = null });
        long least = long.MaxValue;
        for (var round = 0; round < 5; round++)
        {
            Log();
            await run.FlushAsync();
            least = Math.Min(least, Log());
            await run.FlushAsync();
        }

        least.Should().Be(0);

        long Log()
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 2_000; i++)
                run.LogMetric("loss", i, i);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    private async Task LogAsync(int from, int to, double value, string metric = "loss")
    {
        await using var run = await Experiments.StartRunAsync("training", new RunOptions { Key = "k" });
        for (var step = from; step <= to; step++)
        {
            run.LogMetric(metric, value, step);
            if (step % 40 == 0)
                await run.FlushAsync();
        }
    }

    private async Task<string> IdAsync() => (await Experiments.ListRunsAsync("training")).Single().Id;
}
