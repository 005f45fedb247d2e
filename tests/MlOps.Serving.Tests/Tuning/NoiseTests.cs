using FluentAssertions;
using Xunit;

namespace MlOps.Serving.Tests.Tuning;

public sealed class NoiseTests
{
    // Order statistics of the 95 % interval of a median, from the tables of the sign test (Conover, Practical Nonparametric Statistics, A3).
    [Theory]
    [InlineData(6, 1, 6)]
    [InlineData(8, 1, 8)]
    [InlineData(9, 2, 8)]
    [InlineData(10, 2, 9)]
    [InlineData(15, 4, 12)]
    [InlineData(20, 6, 15)]
    [InlineData(25, 8, 18)]
    public void MedianInterval_OfRanks_IsThatOfTheTables(int count, double low, double high)
    {
        double[] values = [.. Enumerable.Range(1, count).Select(value => (double)value).OrderBy(value => value % 7)];
        Noise.MedianInterval(values).Should().Be((low, high));
    }

    [Fact]
    public void MedianInterval_OfTooFewValues_ClaimsNothing() =>
        Noise.MedianInterval([1.0, 2, 3, 4, 5]).Should().Be((double.NegativeInfinity, double.PositiveInfinity));

    [Fact]
    public void MedianInterval_OverManySamples_HoldsTheMedianAsOftenAsItSays()
    {
        var random = new Random(7);
        var held = 0;
        for (var trial = 0; trial < 2000; trial++)
        {
            var values = new double[12];
            for (var i = 0; i < values.Length; i++)
                values[i] = -Math.Log(1 - random.NextDouble());
            var (low, high) = Noise.MedianInterval(values);
            if (low <= Math.Log(2) && Math.Log(2) <= high)
                held++;
        }

        held.Should().BeGreaterThan(1900);
    }

    [Fact]
    public void Variation_OfANormalSample_IsItsStandardDeviationOverItsMean()
    {
        var random = new Random(3);
        var values = new double[20_000];
        for (var i = 0; i < values.Length; i++)
            values[i] = 10 + Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        Noise.Variation(values).Should().BeApproximately(0.1, 0.003);
    }
}
