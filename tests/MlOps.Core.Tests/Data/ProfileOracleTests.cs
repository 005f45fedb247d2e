using System.Numerics;
using FsCheck;
using FsCheck.Fluent;

namespace MlOps.Tests.Data;

/// <summary>Profiles against certified values of NIST's statistical reference datasets, published examples and slow definitions.</summary>
public sealed class ProfileOracleTests
{
    private static readonly int[] Michelson =
    [
        850, 740, 900, 1070, 930, 850, 950, 980, 980, 880, 1000, 980, 930, 650, 760, 810, 1000, 1000, 960, 960, 960, 940, 960, 940, 880, 800, 850, 880, 900, 840, 830, 790, 810,
        880, 880, 830, 800, 790, 760, 800, 880, 880, 880, 860, 720, 720, 620, 860, 970, 950, 880, 910, 850, 870, 840, 840, 850, 840, 840, 840, 890, 810, 810, 820, 800, 770, 760,
        740, 750, 760, 910, 920, 890, 860, 880, 720, 840, 850, 850, 780, 890, 840, 780, 810, 760, 810, 790, 810, 820, 850, 870, 870, 810, 740, 810, 940, 950, 800, 810, 870,
    ];

    public static TheoryData<string, double[], double, double, double> Nist => new()
    {
        // Not NIST's: the first 5,000 digits of pi, by Python's statistics module, which computes in exact fractions.
        { "Pi", Pi(5_000), 4.5358, 2.8676755521876114, 1e-14 },
        { "Michelson", Array.ConvertAll(Michelson, value => 299 + (value / 1000.0)), 299.852400000000, 0.0790105478190518, 1e-11 },
        { "NumAcc1", [10000001, 10000003, 10000002], 10000002, 1, 1e-15 },
        { "NumAcc2", Alternating(1.2), 1.2, 0.1, 1e-13 },
        { "NumAcc3", Alternating(1000000.2), 1000000.2, 0.1, 1e-8 },
        { "NumAcc4", Alternating(10000000.2), 10000000.2, 0.1, 1e-7 },
    };

    [Theory]
    [MemberData(nameof(Nist))]
    public void MeanAndDeviation_OfNistsDatasets_AreTheCertifiedOnes(string name, double[] values, double mean, double deviation, double tolerance)
    {
        var numbers = new DataFrame(DataColumn.Create(name, values)).Profile().Columns[0].Numbers!;
        numbers.Mean.Should().BeApproximately(mean, Math.Abs(mean) * 1e-14);
        numbers.StandardDeviation.Should().BeApproximately(deviation, deviation * tolerance);
    }

    [Fact]
    public void Quantiles_OfMichelsonsSpeeds_AreThoseOfPythonAndR()
    {
        // statistics.quantiles(speeds, method='inclusive'), which is R's quantile(type = 7) and numpy's 'linear'.
        var numbers = new DataFrame(DataColumn.Create("speed", Michelson)).Profile().Columns[0].Numbers!;
        (numbers.P25, numbers.Median, numbers.P75).Should().Be((807.5, 850.0, 892.5));
        numbers.P01.Should().BeApproximately(649.7, 1e-9);
        numbers.P99.Should().BeApproximately(1000.7, 1e-9);
        (numbers.Min, numbers.Max).Should().Be((620, 1070));
    }

    [Theory]
    [InlineData(0, 0.818181818181818)]
    [InlineData(1, 0.690909090909091)]
    [InlineData(2, 0.990909090909091)]
    [InlineData(3, 0.5)]
    public void Spearman_OfAnscombesQuartet_IsThePublishedOne(int set, double expected)
    {
        double[][] ys =
        [
            [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68], [9.14, 8.14, 8.74, 8.77, 9.26, 8.10, 6.13, 3.10, 9.13, 7.26, 4.74],
            [7.46, 6.77, 12.74, 7.11, 7.81, 8.84, 6.08, 5.39, 8.15, 6.42, 5.73], [6.58, 5.76, 7.71, 8.84, 8.47, 7.04, 5.25, 12.50, 5.56, 7.91, 6.89],
        ];
        double[] x = set == 3 ? [8, 8, 8, 8, 8, 8, 8, 19, 8, 8, 8] : [10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5];
        var profile = new DataFrame(DataColumn.Create("x", x), DataColumn.Create("y", ys[set])).Profile();
        profile.RankCorrelations[0][1].Should().BeApproximately(expected, 1e-12);
        profile.Correlations[1][0].Should().BeApproximately(0.816, 0.001);
    }

    [Fact]
    public void Correlations_WithGaps_ArePairwiseComplete()
    {
        var frame = new DataFrame(
            DataColumn.FromNullable<double>("x", 1, 2, null, 4, 5), DataColumn.FromNullable<int>("y", 2, null, 100, 8, 10), DataColumn.Create("c", new double[] { 0.1, 0.1, 0.1, 0.1, 0.1 }));
        var profile = frame.Profile();
        profile.Correlations[0][1].Should().BeApproximately(1, 1e-15);
        profile.RankCorrelations[0][1].Should().BeApproximately(1, 1e-15);
        profile.Correlations[0][2].Should().Be(double.NaN);
        profile.Columns[2].IsConstant.Should().BeTrue();
    }

    [Fact]
    public void Duplicates_OfAnyFrame_AreThoseOfPlainComparison() => Prop.ForAll(Frames.Arbitrary, frame =>
    {
        var narrow = frame.Select("flag", "small", "text");
        var profile = narrow.Profile(new DataProfileOptions { Keys = ["small", "text"] });
        profile.DuplicateRows.Should().Be(narrow.RowCount - Frames.Rows(narrow).Select(row => string.Join('|', row.Select(value => value is null ? "null" : "=" + value))).Distinct().Count());
        profile.DuplicateKeys.Should().Be(narrow.RowCount - Frames.Rows(narrow.Select("small", "text")).Select(row => string.Join('|', row.Select(value => value is null ? "null" : "=" + value))).Distinct().Count());
        for (var c = 0; c < frame.Columns.Count; c++)
        {
            var values = Frames.Rows(frame).Select(row => row[c]).Where(value => value is not (null or double.NaN or float.NaN)).ToArray();
            var column = frame.Profile().Columns[c];
            column.Missing.Should().Be(frame.RowCount - values.Length);
            column.Distinct.Should().Be(values.Distinct().Count());
        }
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(60));

    [Fact]
    public void Profile_BeyondItsBounds_EstimatesAndSaysSo()
    {
        const int rows = 300_000;
        var random = new Random(7);
        var frame = new DataFrame(
            DataColumn.Create("id", Enumerable.Range(0, rows).Select(i => $"user {i}").ToArray()),
            DataColumn.Create("x", Enumerable.Range(0, rows).Select(_ => random.NextDouble()).ToArray()),
            DataColumn.Create("k", Enumerable.Range(0, rows).Select(_ => random.Next(50)).ToArray()));
        var profile = frame.Profile(new DataProfileOptions { MaxDistinct = 10_000, MaxQuantileRows = 20_000, MaxRankRows = 10_000, Keys = ["id"] });
        var (id, x, k) = (profile.Columns[0], profile.Columns[1], profile.Columns[2]);

        id.DistinctIsEstimate.Should().BeTrue();
        ((double)id.Distinct).Should().BeApproximately(rows, rows * 0.03);
        ((double)x.Distinct).Should().BeApproximately(rows, rows * 0.03);
        id.Frequent.Should().BeEmpty();
        (k.DistinctIsEstimate, k.Distinct, k.Frequent.Count).Should().Be((false, 50, 10));
        x.Numbers!.QuantilesAreEstimates.Should().BeTrue();
        x.Numbers.Median.Should().BeApproximately(0.5, 0.02);
        x.Numbers.Counts.Sum().Should().Be(rows, "histograms are of all values");
        profile.RankRows.Should().Be(10_000);
        profile.DuplicateKeys.Should().Be(0);
        profile.ToHtml().Should().Contain("HyperLogLog").And.Contain("evenly spaced");
    }

    [Fact]
    public void Describe_OfAFrame_HasARowPerColumn()
    {
        var frame = new DataFrame(DataColumn.FromNullable<int>("n", 1, 2, null, 4), DataColumn.FromText("t", "a", "b", "a", "a")).Describe();
        Frames.Rows(frame).Should().BeEquivalentTo(new object?[][]
        {
            ["n", "Int32", 3L, 1L, 3L, 7 / 3.0, Math.Sqrt(7 / 3.0), 1.0, 1.5, 2.0, 3.0, 4.0],
            ["t", "String", 4L, 0L, 2L, null, null, null, null, null, null, null],
        }, options => options.WithStrictOrdering().Using<double>(c => c.Subject.Should().BeApproximately(c.Expectation, 1e-12)).WhenTypeIs<double>());
    }

    [Fact]
    public async Task Html_OfAFrameWithEverything_HasItsPartsAndNoScript()
    {
        var random = new Random(3);
        var frame = new DataFrame(
            DataColumn.FromNullable("amount", Enumerable.Range(0, 500).Select(i => i % 9 == 0 ? (double?)null : random.NextDouble() * 100)),
            DataColumn.Create("count", Enumerable.Range(0, 500).Select(_ => random.Next(9)).ToArray()),
            DataColumn.FromText("city <b>", Enumerable.Range(0, 500).Select(i => i % 3 == 0 ? "Ulm & Bonn" : "Köln")),
            DataColumn.Create("at", Enumerable.Range(0, 500).Select(i => Timestamp.Utc(2001, 1, 1) + TimeSpan.FromHours(i)).ToArray()));
        var path = Path.GetTempFileName();
        try
        {
            await frame.Profile(new DataProfileOptions { Keys = ["at"] }).SaveHtmlAsync(path, "Orders");
            var html = await File.ReadAllTextAsync(path);
            html.Should().Contain("<title>Orders</title>").And.Contain("Duplicate keys").And.Contain("Spearman").And.Contain("Missing values").And.Contain("Ulm &amp; Bonn").And.Contain("2001-01-01T00:00:00Z");
            html.Should().NotContain("<script").And.NotContain("NaN").And.NotContain("<b>");
            System.Xml.Linq.XDocument.Parse(html[html.IndexOf('\n', StringComparison.Ordinal)..]).Descendants().Count(element => element.Name.LocalName == "figure").Should().Be(7);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static double[] Alternating(double middle) => [middle, .. Enumerable.Range(0, 1_000).Select(i => i % 2 == 0 ? middle - 0.1 : middle + 0.1)];

    // Machin's formula in whole numbers.
    private static double[] Pi(int digits)
    {
        var one = BigInteger.Pow(10, digits + 10);
        var pi = 4 * ((4 * ArcCot(5)) - ArcCot(239));
        return [.. (pi / BigInteger.Pow(10, 11)).ToString(System.Globalization.CultureInfo.InvariantCulture).Take(digits).Select(c => (double)(c - '0'))];

        BigInteger ArcCot(int x)
        {
            var (sum, power) = (BigInteger.Zero, one / x);
            for (var n = 1; !power.IsZero; n += 2)
            {
                sum += n % 4 == 1 ? power / n : -power / n;
                power /= x * x;
            }

            return sum;
        }
    }
}
