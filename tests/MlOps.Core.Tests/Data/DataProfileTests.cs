using MlOps.Reporting;

namespace MlOps.Tests.Data;

public sealed class DataProfileTests
{
    [Fact]
    public void Of_AnscombesFirstSet_HasThePublishedStatistics()
    {
        // Anscombe (1973): mean of x 9, of y 7.50; sample variance of x 11, of y 4.127; correlation 0.816.
        double[] x = [10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5];
        double[] y = [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68];
        var profile = DataProfile.Of(new DataFrame(DataColumn.Create("x", x), DataColumn.Create("y", y)));

        var (px, py) = (profile.Columns[0].Numbers!, profile.Columns[1].Numbers!);
        px.Mean.Should().BeApproximately(9, 1e-12);
        py.Mean.Should().BeApproximately(7.50, 0.005);
        (px.StandardDeviation * px.StandardDeviation).Should().BeApproximately(11, 1e-9);
        (py.StandardDeviation * py.StandardDeviation).Should().BeApproximately(4.127, 0.001);
        profile.Correlations[0][1].Should().BeApproximately(0.816, 0.0005);
        (px.Min, px.P25, px.Median, px.P75, px.Max).Should().Be((4, 6.5, 9, 11.5, 14));
        px.Counts.Sum().Should().Be(11);
    }

    [Fact]
    public void Of_GapsAndTexts_CountsThem()
    {
        var profile = DataProfile.Of(new DataFrame(
            DataColumn.FromText("origin", "ORD", "JFK", null, "JFK"), DataColumn.FromNullable<double>("x", 1, double.NaN, null, 1), DataColumn.FromNullable<bool>("none", null, null, null, null)));

        profile.Columns.Select(column => (column.Missing, column.Distinct)).Should().Equal((1, 2), (2, 1), (4, 0));
        profile.Columns[0].Frequent[0].Should().Be(KeyValuePair.Create("JFK", 2L));
        profile.Columns[2].Numbers.Should().BeNull();
        new HtmlReport("t").Section("Data", section => section.Profile(profile)).ToHtml().Should().Contain("JFK").And.NotContain("NaN");
    }

    [Fact]
    public void Of_AnyFrame_CanBeShown()
    {
        for (var seed = 0; seed < 20; seed++)
            new HtmlReport("t").Section("Data", section => section.Profile(DataProfile.Of(Frames.Make(seed * 5, seed)))).ToHtml().Should().NotContain("Infinity");
    }
}
