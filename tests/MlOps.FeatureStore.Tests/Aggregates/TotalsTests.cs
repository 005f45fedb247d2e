using System.Numerics;

namespace MlOps.Features.Tests;

public sealed class TotalsTests
{
    [Fact]
    public void Finish_OfAnyValues_AgreesWithBigIntegers()
    {
        for (var seed = 0; seed < 3_000; seed++)
        {
            var random = new Random(seed);
            // Up to the greatest value that is let in, and so many times that the numerator needs more than 128 bits.
            var most = 1L << random.Next(1, 51);
            var times = random.Next(3) == 0 ? 1L << random.Next(0, 23) : 1;
            var (totals, sum, squares) = (Totals.Empty, BigInteger.Zero, BigInteger.Zero);
            for (var i = random.Next(1, 40); i > 0; i--)
            {
                var units = random.NextInt64(-most, most + 1);
                totals.Count += times;
                totals.Sum += (Int128)units * times;
                totals.Squares += (UInt128)((Int128)units * units) * (ulong)times;
                sum += (BigInteger)units * times;
                squares += (BigInteger)units * units * times;
            }

            var scale = random.Next(1, 10_000);
            var n = (BigInteger)totals.Count;
            var variance = Divide(n * squares - sum * sum, n * n * scale * scale);
            Close(totals.Finish(AggregateFunction.Sum, scale), Divide(sum, scale), 4, $"sum of seed {seed}");
            Close(totals.Finish(AggregateFunction.Mean, scale), Divide(sum, n * scale), 4, $"mean of seed {seed}");
            Close(totals.Finish(AggregateFunction.Variance, scale), variance, 8, $"variance of seed {seed}");
            totals.Finish(AggregateFunction.StandardDeviation, scale).Should().Be(Math.Sqrt(totals.Finish(AggregateFunction.Variance, scale)));
        }
    }

    // NIST Statistical Reference Datasets, univariate summary statistics: certified mean and (sample) standard deviation.
    [Theory]
    [InlineData(1, 10_000_002, 1)]
    [InlineData(2, 1.2, 0.1)]
    [InlineData(3, 1_000_000.2, 0.1)]
    [InlineData(4, 10_000_000.2, 0.1)]
    public async Task Variance_OfTheNistNumAccData_IsTheCertifiedOne(int set, double mean, double deviation)
    {
        double[] values = set == 1
            ? [10_000_001, 10_000_003, 10_000_002]
            : [mean, .. Enumerable.Range(0, 1_000).Select(i => Math.Round(mean + (i % 2 == 0 ? -0.1 : 0.1), 1))];
        var view = FeatureView.Define("view").Key("k").EventTime("at")
            .Aggregate("x", [AggregateFunction.Mean, AggregateFunction.Variance, AggregateFunction.StandardDeviation], scale: 10, type: DataType.Float64, windows: FeatureWindow.Lifetime).Build();
        await using var open = new OpenStore([view], [FeatureService.Define("service").View("view").Build()]);
        await open.Store.IngestAsync(
            "view",
            new DataFrame(
                DataColumn.Create("k", values.Select(_ => "a").ToArray()), DataColumn.Create("at", values.Select((_, i) => new Timestamp(i)).ToArray()), DataColumn.Create("x", values)),
            "all");
        var frame = await open.Store.GetTrainingFrameAsync(
            new DataFrame(DataColumn.Create("k", new[] { "a" }), DataColumn.Create("at", new[] { new Timestamp(5_000) })), "at", "service");
        frame.Column<double>("view_x_mean_lifetime")[0].Should().Be(mean);
        var n = (double)values.Length;
        Close(frame.Column<double>("view_x_stddev_lifetime")[0] * Math.Sqrt(n / (n - 1)), deviation, 4, "standard deviation");
        Close(frame.Column<double>("view_x_variance_lifetime")[0] * (n / (n - 1)), deviation * deviation, 4, "variance");
    }

    private static void Close(double actual, double expected, int roundings, string what)
    {
        var off = Math.Abs(actual - expected);
        (off <= Math.Abs(expected) * roundings * 1.2e-16 + double.Epsilon).Should().BeTrue($"{what} is {actual:R}, not {expected:R}");
    }

    // The quotient to about 120 bits before it becomes a double.
    private static double Divide(BigInteger numerator, BigInteger denominator)
    {
        if (numerator.IsZero)
            return 0;
        var shift = Math.Max(0, 120 - (int)(BigInteger.Abs(numerator).GetBitLength() - denominator.GetBitLength()));
        return Math.ScaleB((double)((numerator << shift) / denominator), -shift);
    }
}
