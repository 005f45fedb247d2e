using FluentAssertions;
using Xunit;

namespace MlOps.Serving.Tests.Tuning;

public sealed class CostModelTests
{
    private const double Service = 0.001;

    // Erlang's formula for one server with constant service: P(W <= t) = (1 - rho) sum_k (-l (t - kD))^k / k! e^(l (t - kD)).
    [Theory]
    [InlineData(0.3, 0)]
    [InlineData(0.5, 1)]
    [InlineData(0.7, 2)]
    [InlineData(0.8, 4)]
    public void Forecast_OfSingleRowsOnOneInstance_IsErlangsDistribution(double load, int waits)
    {
        var rate = load / Service;
        var expected = 0.0;
        for (var k = 0; k <= waits; k++)
        {
            var x = rate * (waits - k) * Service;
            expected += Math.Pow(-x, k) / Factorial(k) * Math.Exp(x);
        }

        var model = new CostModel(Configuration(1, 1)) { Overhead = TimeSpan.Zero };
        var forecast = model.Forecast(ArrivalPattern.Poisson(rate), TimeSpan.FromSeconds(((waits + 1) * Service) + 1e-7), 200_000);
        forecast.Attainment.Should().BeApproximately((1 - load) * expected, 0.01);
        forecast.Utilisation.Should().BeApproximately(load, 0.01);
    }

    // Erlang's loss formula for arrivals that are refused when all of two servers are busy needs no queue; with an endless queue C(2, a) waits.
    [Fact]
    public void Forecast_BeyondCapacity_RefusesTheSurplus()
    {
        var model = new CostModel(Configuration(8, 2, queue: 64)) { Overhead = TimeSpan.Zero };
        var forecast = model.Forecast(ArrivalPattern.Poisson(2 * model.Capacity), TimeSpan.FromSeconds(1), 100_000);
        forecast.Refused.Should().BeApproximately(0.5, 0.01);
        forecast.RowsPerBatch.Should().BeApproximately(8, 0.05);
        forecast.Utilisation.Should().BeApproximately(1, 0.01);
    }

    [Fact]
    public void Forecast_OfBursts_AttainsLessThanEvenArrivals()
    {
        var model = new CostModel(Configuration(4, 1));
        var rate = model.Capacity * 0.8;
        var target = TimeSpan.FromSeconds(6 * Service);
        var even = model.Forecast(ArrivalPattern.Poisson(rate), target);
        var bursts = model.Forecast(ArrivalPattern.Bursty(rate, 1.9, TimeSpan.FromSeconds(0.2)), target);
        bursts.Attainment.Should().BeLessThan(even.Attainment - 0.05);
        model.Forecast(ArrivalPattern.Poisson(rate), target).Should().Be(even);
    }

    [Fact]
    public void Forecast_WithADelay_MakesLargerBatches()
    {
        var direct = Configuration(16, 1);
        var delayed = direct with { Batching = direct.Batching with { MaximumDelay = TimeSpan.FromSeconds(5 * Service) } };
        var arrivals = ArrivalPattern.Poisson(0.3 / Service);
        new CostModel(delayed).Forecast(arrivals, TimeSpan.FromSeconds(1)).RowsPerBatch
            .Should().BeGreaterThan(1.2 * new CostModel(direct).Forecast(arrivals, TimeSpan.FromSeconds(1)).RowsPerBatch);
    }

    // Stalls take a fifth of the time that batches run, however long these are.
    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    public void Forecast_WithStalls_LosesTheirShareOfTheCapacity(int rows)
    {
        var calm = Configuration(rows, 1, queue: 64);
        var stalled = calm with { StallsPerSecond = 25, Stalls = [TimeSpan.FromMilliseconds(4), TimeSpan.FromMilliseconds(12)] };
        var (before, after) = (new CostModel(calm) { Overhead = TimeSpan.Zero }, new CostModel(stalled) { Overhead = TimeSpan.Zero });
        after.Capacity.Should().BeApproximately(before.Capacity / 1.2, before.Capacity * 1e-6);
        var forecast = after.Forecast(ArrivalPattern.Poisson(2 * before.Capacity), TimeSpan.FromSeconds(1), 200_000);
        (1 - forecast.Refused).Should().BeApproximately(1 / 2.4, 0.01);
    }

    [Theory]
    [InlineData(1.0)]
    [InlineData(1.8)]
    public void Arrivals_OverLongTimes_KeepTheirRate(double burst)
    {
        var pattern = burst == 1 ? ArrivalPattern.Poisson(500) : ArrivalPattern.Bursty(500, burst, TimeSpan.FromSeconds(0.05));
        var times = pattern.Times(200_000, 3);
        times.Should().BeInAscendingOrder();
        (times.Length / times[^1]).Should().BeApproximately(500, 10);
        pattern.Times(10, 3).Should().Equal(times[..10]);

        // Counts in windows of 20 ms: a Poisson process has as much variance as mean, a bursty one more.
        var counts = new int[(int)(times[^1] / 0.02) + 1];
        foreach (var time in times)
            counts[(int)(time / 0.02)]++;
        var mean = counts.Average();
        var dispersion = counts.Average(count => (count - mean) * (count - mean)) / mean;
        if (burst == 1)
            dispersion.Should().BeApproximately(1, 0.05);
        else
            dispersion.Should().BeGreaterThan(2);
    }

    private static TunedConfiguration Configuration(int rows, int instances, int queue = int.MaxValue) => new()
    {
        Batching = new BatchingOptions { MaximumBatchSize = rows, Parallelism = instances, ParallelRows = Math.Min(2, rows), QueueLimit = queue },
        Curve = new BatchCurve([new(1, TimeSpan.FromSeconds(Service)), new(16, TimeSpan.FromSeconds(4 * Service))]),
    };

    private static double Factorial(int k) => k <= 1 ? 1 : k * Factorial(k - 1);
}
