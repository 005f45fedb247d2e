using System.Text.Json;

namespace MlOps.Learning.Tests.Evaluation;

public sealed class DeLongTests
{
    private static readonly JsonElement Reference = Expected.Root.GetProperty("delong");

    [Fact]
    public void Interval_Recipe_EqualsPRoc()
    {
        (float[] labels, float[] first, float[] second) = Scores.Make();
        ConfidenceInterval a = DeLong.Interval(labels, first);
        ConfidenceInterval b = DeLong.Interval(labels, second, 0.9);
        a.Estimate.Should().BeApproximately(Reference.Number("first"), 1e-9);
        a.Lower.Should().BeApproximately(Reference.Number("firstLower"), 1e-9);
        a.Upper.Should().BeApproximately(Reference.Number("firstUpper"), 1e-9);
        (a.StandardError * a.StandardError).Should().BeApproximately(Reference.Number("firstVariance"), 1e-12);
        b.Lower.Should().BeApproximately(Reference.Number("secondLower90"), 1e-9);
        b.Upper.Should().BeApproximately(Reference.Number("secondUpper90"), 1e-9);
    }

    [Fact]
    public void Compare_Recipe_EqualsPRoc()
    {
        (float[] labels, float[] first, float[] second) = Scores.Make();
        AucComparison comparison = DeLong.Compare(labels, first, second);
        comparison.Candidate.Should().BeApproximately(Reference.Number("first"), 1e-9);
        comparison.Champion.Should().BeApproximately(Reference.Number("second"), 1e-9);
        comparison.Z.Should().BeApproximately(Reference.Number("z"), 1e-8);
        comparison.PValue.Should().BeApproximately(Reference.Number("pValue"), 1e-6 * Reference.Number("pValue"));
    }

    [Fact]
    public void PValueOfGainAbove_Margins_RisesFromCertainToHopeless()
    {
        (float[] labels, float[] first, float[] second) = Scores.Make();
        AucComparison comparison = DeLong.Compare(labels, second, first);
        comparison.PValueOfGainAbove(0).Should().BeApproximately(Reference.Number("pValue") / 2, 1e-6 * Reference.Number("pValue"));
        comparison.PValueOfGainAbove(comparison.Difference.Estimate).Should().BeApproximately(0.5, 1e-12);
        comparison.PValueOfGainAbove(0.2).Should().BeGreaterThan(0.999);
        comparison.PValueOfGainAbove(comparison.Difference.Lower).Should().BeApproximately(0.025, 1e-9);
    }

    [Fact]
    public void Compare_SameRanking_FindsNoDifference()
    {
        (float[] labels, float[] scores, _) = Scores.Make();
        AucComparison comparison = DeLong.Compare(labels, scores, Array.ConvertAll(scores, score => score * 2));
        comparison.PValue.Should().Be(1);
        comparison.Difference.StandardError.Should().Be(0);
        comparison.PValueOfGainAbove(0).Should().Be(1);
        comparison.PValueOfGainAbove(-0.01).Should().Be(0);
    }

    [Theory]
    [InlineData(0.5, 0)]
    [InlineData(0.975, 1.959963984540054)]
    [InlineData(0.995, 2.5758293035489004)]
    [InlineData(0.9999, 3.719016485455709)]
    [InlineData(1e-10, -6.361340902404056)]
    public void NormalQuantile_PublishedValues_Agree(double p, double z) => NormalDistribution.Quantile(p).Should().BeApproximately(z, 1e-12);

    [Theory]
    [InlineData(0, 0.5)]
    [InlineData(1, 0.15865525393145707)]
    [InlineData(2.8, 0.002555130330427932)]
    [InlineData(-3, 0.9986501019683699)]
    [InlineData(6, 9.865876450376946e-10)]
    [InlineData(10, 7.619853024160527e-24)]
    public void NormalUpperTail_PublishedValues_Agree(double z, double p) => NormalDistribution.UpperTail(z).Should().BeApproximately(p, 1e-12 * p);
}
