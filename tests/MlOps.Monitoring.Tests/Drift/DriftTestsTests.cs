namespace MlOps.Monitoring.Drift;

/// <summary>Oracle values are scipy's, for samples made by an integer recipe: no random numbers are involved.</summary>
public sealed class DriftTestsTests
{
    [Theory]
    [InlineData(500, 0.046, 0.6659218712646571)]
    [InlineData(5000, 0.0418, 3.207898529100509e-4)]
    public void KolmogorovSmirnov_OnTheRecipe_EqualsScipysExactTest(int n, double distance, double pValue)
    {
        var (reference, current) = Recipe(n);
        var result = DriftTests.KolmogorovSmirnov(reference, current);
        result.Statistic.Should().BeApproximately(distance, 1e-12);
        result.PValue.Should().BeApproximately(pValue, pValue * 0.002, "the limit distribution is that close to the exact one");
    }

    [Theory]
    [InlineData(500, 0.024572844762372145)]
    [InlineData(5000, 0.02505688003053108)]
    public void Wasserstein_OnTheRecipe_EqualsScipy(int n, double distance)
    {
        var (reference, current) = Recipe(n);
        DriftTests.Wasserstein(reference, current).Should().BeApproximately(distance, 1e-12);
    }

    [Fact]
    public void ChiSquare_OfTheTwoProportions_EqualsScipyWithoutCorrection()
    {
        var result = DriftTests.ChiSquare([12, 88], [25, 75]);
        result.Statistic.Should().BeApproximately(5.604377384, 1e-8);
        result.PValue.Should().BeApproximately(0.0179156602, 1e-9);
    }

    [Fact]
    public void ChiSquare_OnTheBinaryRecipe_SidesWithTheTwoSampleTest()
    {
        // reference (3i mod 10 < 4): 200 of 500; current (7i mod 20 < 9): 225 of 500; z-test p = 0.1097689398
        var result = DriftTests.ChiSquare([300, 200], [275, 225]);
        result.PValue.Should().BeApproximately(0.1097689398, 1e-9);
    }

    [Fact]
    public void BenjaminiHochberg_OnThePublishedValues_GivesThePublishedAdjustment()
    {
        var adjusted = DriftTests.BenjaminiHochberg([.001, .008, .039, .041, .042, .06, .074, .205]);
        double[] expected = [.008, .032, .0672, .0672, .0672, .08, .084571, .205];
        for (var i = 0; i < expected.Length; i++)
            adjusted[i].Should().BeApproximately(expected[i], 1e-6);
    }

    [Theory]
    [InlineData(5, 1000, 1000)]
    [InlineData(10, 5000, 500)]
    [InlineData(30, 10000, 10000)]
    public void PopulationStability_WithoutDrift_RaisesFalseAlarmsAtItsLevel(int bins, int n, int m)
    {
        var random = new Random(7);
        const int Repetitions = 2000;
        var alarms = 0;
        for (var r = 0; r < Repetitions; r++)
        {
            if (DriftTests.PopulationStability(Draw(n), Draw(m)).PValue < 0.05)
                alarms++;
        }

        // 5 % nominal; the notes measured 4.1 to 5.5 %, and 2,000 repetitions add 0.5 points of noise.
        ((double)alarms / Repetitions).Should().BeInRange(0.03, 0.07);

        long[] Draw(int count)
        {
            var counts = new long[bins];
            for (var i = 0; i < count; i++)
                counts[random.Next(bins)]++;
            return counts;
        }
    }

    [Fact]
    public void Tests_OfEqualSamples_FindNothing()
    {
        var (reference, _) = Recipe(500);
        DriftTests.KolmogorovSmirnov(reference, reference).Should().Be(new DriftTestResult(0, 1));
        DriftTests.Wasserstein(reference, reference).Should().Be(0);
        DriftTests.PopulationStability([5, 5, 0], [5, 5, 0]).Statistic.Should().Be(0);
    }

    [Fact]
    public void Tests_OfMissingValues_NameTheIndex()
    {
        var act = () => DriftTests.KolmogorovSmirnov([1, double.NaN], [1]);
        act.Should().Throw<InvalidInputException>().WithMessage("*reference*NaN*index 1*");
        act = () => DriftTests.KolmogorovSmirnov([1], []);
        act.Should().Throw<InvalidInputException>().WithMessage("*current*empty*");
    }

    private static (double[] Reference, double[] Current) Recipe(int n)
    {
        var reference = new double[n];
        var current = new double[n];
        for (var i = 1; i <= n; i++)
        {
            reference[i - 1] = (7919L * i + 13) % 10007 / 10007.0;
            current[i - 1] = Math.Pow((104729L * i + 29) % 10007 / 10007.0, 1.15) * 1.05;
        }

        return (reference, current);
    }
}
