using FsCheck;
using FsCheck.Fluent;
using MlOps.Reporting;

namespace MlOps.Tests.Data;

public sealed class DataCheckTests
{
    private static readonly DataFrame Orders = new(
        DataColumn.Create("id", new long[] { 1, 2, 3, 3, 5 }),
        DataColumn.FromNullable<double>("amount", 10, -1, null, double.NaN, double.PositiveInfinity),
        DataColumn.FromText("city", "Ulm", "Bonn", null, "ulm", "Ulm"),
        DataColumn.Create("at", new[] { 1L, 3, 2, 4, 4 }.Select(day => Timestamp.Utc(2001, 1, (int)day)).ToArray()),
        DataColumn.FromNullable<bool>("late", true, false, null, true, true));

    public static TheoryData<string, DataChecks, long, int[]> Failing => new()
    {
        { "not null", DataChecks.Define().Column("amount", c => c.NotNull()), 2, [2, 3] },
        { "allowed share", DataChecks.Define().Column("amount", c => c.NotNull(0.39)), 2, [2, 3] },
        { "range", DataChecks.Define().Column("amount", c => c.Between(0, 1e6)), 2, [1, 4] },
        { "open range", DataChecks.Define().Column("amount", c => c.Between(-1, 10, includeMin: false, includeMax: false)), 3, [0, 1, 4] },
        { "at least", DataChecks.Define().Column("id", c => c.AtLeast(2)), 1, [0] },
        { "at most", DataChecks.Define().Column("id", c => c.AtMost(2)), 3, [2, 3, 4] },
        { "finite", DataChecks.Define().Column("amount", c => c.Finite()), 1, [4] },
        { "moments", DataChecks.Define().Column("at", c => c.Between(Timestamp.Utc(2001, 1, 2), Timestamp.Utc(2001, 1, 3))), 3, [0, 3, 4] },
        { "set of texts", DataChecks.Define().Column("city", c => c.In("Ulm", "Bonn")), 1, [3] },
        { "set of numbers", DataChecks.Define().Column("id", c => c.In(1L, 2, 3)), 1, [4] },
        { "pattern", DataChecks.Define().Column("city", c => c.Matches("^[A-Z]")), 1, [3] },
        { "length", DataChecks.Define().Column("city", c => c.Length(1, 3)), 1, [1] },
        { "unique", DataChecks.Define().Column("id", c => c.Unique()), 1, [3] },
        { "unique together", DataChecks.Define().Unique("city", "late"), 1, [4] },
        { "increasing", DataChecks.Define().Column("at", c => c.Increasing()), 1, [2] },
        { "strictly increasing", DataChecks.Define().Column("at", c => c.Increasing(strictly: true)), 2, [2, 4] },
        { "increasing per key", DataChecks.Define().Column("at", c => c.Increasing(strictly: true, per: "city")), 0, [] },
        { "type", DataChecks.Define().Column("id", c => c.Type(DataType.Int32)), 0, [] },
        { "rows", DataChecks.Define().RowCount(6), 0, [] },
        { "columns", DataChecks.Define().Column("id", c => c.NotNull()).NoOtherColumns("city"), 0, [] },
    };

    [Theory]
    [MemberData(nameof(Failing))]
    public void Run_OneExpectation_NamesTheFailingRows(string name, DataChecks checks, long count, int[] rows)
    {
        var report = checks.Run(Orders);
        var passes = name is "increasing per key";
        report.Passed.Should().Be(passes, report.Describe());
        var result = report.Results[^1];
        (result.Passed, result.FailingRows).Should().Be((passes, count));
        result.FirstRows.Should().Equal(rows);
        if (name == "set of texts")
            result.Samples.Should().Equal("ulm");
        report.Describe().Should().NotContain("ulm,").And.NotBeEmpty();
    }

    [Fact]
    public void Run_OnWhatIsSound_PassesAll() => DataChecks.Define()
        .Column("id", c => c.NotNull().Type(DataType.Int64).Between(1, 5))
        .Column("amount", c => c.NotNull(0.4))
        .Column("late", c => c.Between(0, 1))
        .Column("city", c => c.Matches("(?i)^(ulm|bonn)$").Length(3, 4))
        .Unique("id", "at").RowCount(5, 5).Run(Orders).Describe().Should().Be("all 9 expectations are met");

    [Fact]
    public void Run_OnAColumnThatIsAbsentOrOfAnotherType_FailsAndSaysSo()
    {
        var report = DataChecks.Define()
            .Column("price", c => c.NotNull().Between(0, 1)).Column("city", c => c.Between(0, 1).Increasing()).Column("id", c => c.In("a").Matches("a").Length(1))
            .Column("at", c => c.Between(0, 1)).Unique("id", "price").Column("absent", _ => { }).Run(Orders);
        report.Results.Should().OnlyContain(result => !result.Passed);
        report.Results.Select(result => result.Observed).Distinct().Should().Contain("there is no column 'price'").And.Contain("column 'city' holds String, which is not a number")
            .And.Contain("column 'id' holds Int64, which is not text").And.Contain("there is no column 'absent'");
    }

    [Theory]
    [InlineData("(?=look)")]
    [InlineData("(a)\\1")]
    [InlineData("(")]
    public void Matches_APatternThatNeedsBacktrackingOrIsWrong_IsRefused(string pattern)
    {
        var define = () => DataChecks.Define().Column("x", c => c.Matches(pattern));
        define.Should().Throw<InvalidDefinitionException>().WithMessage("*'x'*pattern*");
    }

    [Fact]
    public void Define_WhatCannotBe_IsRefused()
    {
        Action[] all =
        [
            () => DataChecks.Define().Column("x", c => c.Between(1, 0)), () => DataChecks.Define().Column("x", c => c.Between(double.NaN, 0)), () => DataChecks.Define().Column("x", c => c.NotNull(2)),
            () => DataChecks.Define().Column("x", c => c.Length(3, 2)), () => DataChecks.Define().Column("x", c => c.In(Array.Empty<string>())), () => DataChecks.Define().RowCount(2, 1), () => DataChecks.Define().Unique(),
            () => DataChecks.Define().Column("x", c => c.Between(Timestamp.Utc(2001, 1, 2), Timestamp.Utc(2001, 1, 1))),
        ];
        foreach (var one in all)
            one.Should().Throw<InvalidDefinitionException>();
    }

    [Fact]
    public void Run_OnAnyFrame_AgreesWithPlainComparison() => Prop.ForAll(Frames.Arbitrary, frame =>
    {
        var rows = Frames.Rows(frame);
        Check(DataChecks.Define().Column("small", c => c.Between(-2, 2)), row => row[1] is int value && value is < -2 or > 2);
        Check(DataChecks.Define().Column("real", c => c.Between(-1, 1, includeMax: false)), row => row[4] is double value && !double.IsNaN(value) && !(value >= -1 && value < 1));
        Check(DataChecks.Define().Column("single", c => c.NotNull()), row => row[3] is null or float.NaN);
        Check(DataChecks.Define().Column("text", c => c.In("a", "b", "")), row => row[5] is string text && text is not ("a" or "b" or ""));
        var seen = new HashSet<(object, object)>();
        Check(DataChecks.Define().Unique("small", "text"), row => row[1] is { } small && row[5] is { } text && !seen.Add((small, text)));

        void Check(DataChecks checks, Func<object?[], bool> fails)
        {
            var expected = Enumerable.Range(0, rows.Length).Where(i => fails(rows[i])).ToArray();
            var result = checks.Run(frame).Results.Single();
            result.FailingRows.Should().Be(expected.Length);
            result.FirstRows.Should().Equal(expected.Take(10));
            result.Passed.Should().Be(expected.Length == 0);
        }
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(100));

    [Fact]
    public void Like_SameAndShiftedData_PassesAndFailsAfterItsReferenceWasStored()
    {
        var sound = Sample(1, 20_000, shift: 0, rare: 0.1);
        var amount = DistributionReference.FromJson(DistributionReference.Learn(sound["amount"]).ToJson());
        var city = DistributionReference.FromJson(DistributionReference.Learn(sound["city"], 5).ToJson());
        var at = DistributionReference.Learn(sound["at"]);
        var checks = DataChecks.Define().Column("amount", c => c.Like(amount)).Column("city", c => c.Like(city, new DistributionLimits { ChiSquare = 1e-6 })).Column("at", c => c.Like(at));

        for (var seed = 2; seed < 22; seed++)
            checks.Run(Sample(seed, 2_000, 0, 0.1)).Describe().Should().StartWith("all");
        var shifted = checks.Run(Sample(30, 2_000, 1, 0.4));
        shifted.Results.Should().OnlyContain(result => !result.Passed);
        shifted.Results[0].Observed.Should().Contain("PSI").And.Contain("KS").And.Contain("(beyond)");
        shifted.Results[1].Observed.Should().Contain("total variation").And.Contain("chi-square p");
        checks.Run(Sample(31, 100, 1, 0.4)).Results.Should().OnlyContain(result => result.Passed && result.Observed.StartsWith("not judged"));
        DataChecks.Define().Column("city", c => c.Like(amount)).Run(sound).Passed.Should().BeFalse();
        var gaps = sound.With(DataColumn.FromNullable("amount", Enumerable.Range(0, 20_000).Select(i => i % 5 == 0 ? (double?)null : sound.Column<double>("amount")[i])));
        checks.Run(gaps).Results[0].Observed.Should().Contain("missing share differs by 0.2 (beyond)");
        var damaged = () => DistributionReference.FromJson("{\"edges\":[1],\"values\":[],\"counts\":[1],\"missing\":0,\"isNumeric\":true}");
        damaged.Should().Throw<CorruptDataException>();
    }

    [Fact]
    public void ChiSquare_OfPublishedTable_HasItsPValue()
    {
        // The example of scipy's chi2_contingency: statistic 2.7778, two degrees of freedom, p = 0.24935220877729619.
        Distribution.ChiSquarePValue([10, 10, 20], [20, 20, 20]).Should().BeApproximately(0.24935220877729619, 1e-14);
        for (var x = 0.01; x < 60; x *= 1.3)
        {
            // Closed forms: two, four and six degrees of freedom; and the 5 % point of one.
            Distribution.UpperGamma(1, x).Should().BeApproximately(Math.Exp(-x), 1e-14);
            Distribution.UpperGamma(2, x).Should().BeApproximately(Math.Exp(-x) * (1 + x), 1e-14);
            Distribution.UpperGamma(3, x).Should().BeApproximately(Math.Exp(-x) * (1 + x + (x * x / 2)), 1e-14);
        }

        Distribution.UpperGamma(0.5, 3.841458820694124 / 2).Should().BeApproximately(0.05, 1e-13);
        Distribution.UpperGamma(50, 124.342113404004 / 2).Should().BeApproximately(0.05, 1e-10);
    }

    [Fact]
    public void KolmogorovSmirnovAtTheEdges_OfAnySamples_IsNearTheTrueOne() => Prop.ForAll(Gen.Choose(0, 10_000).ToArbitrary(), seed =>
    {
        var random = new Random(seed);
        var a = Enumerable.Range(0, 2_000).Select(_ => random.NextDouble()).ToArray();
        var b = Enumerable.Range(0, 700).Select(_ => Math.Pow(random.NextDouble(), 1 + (seed % 3 * 0.4))).ToArray();
        var reference = DistributionReference.Learn(DataColumn.Create("x", a), 200);
        var near = Distribution.KolmogorovSmirnov(reference.Counts, reference.Count(DataColumn.Create("x", b), out _));
        var exact = a.Concat(b).Max(x => Math.Abs((a.Count(v => v <= x) / 2_000.0) - (b.Count(v => v <= x) / 700.0)));
        near.Should().BeInRange(exact - 0.0121, exact + 1e-12);
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(10));

    [Fact]
    public void Report_AsJsonAndHtml_KeepsItsResultsAndEscapesValues()
    {
        var report = DataChecks.Define().Column("city", c => c.In("<b>")).Column("id", c => c.Unique()).RowCount(1).Run(Orders);
        DataCheckReport.FromJson(report.ToJson()).Should().BeEquivalentTo(report);
        report.ToHtml("Orders").Should().Contain("one of &lt;b&gt;").And.Contain("Bonn").And.NotContain("<b>");
        new HtmlReport("t").Section("Checks", section => section.Checks(report, showValues: false)).ToHtml().Should().NotContain("Bonn");
        var damaged = () => DataCheckReport.FromJson("{");
        damaged.Should().Throw<CorruptDataException>();
        DataChecks.Define().RowCount(1).Run(Orders).ToHtml().Should().Contain("all are met");
    }

    private static DataFrame Sample(int seed, int rows, double shift, double rare)
    {
        var random = new Random(seed);
        return new DataFrame(
            DataColumn.Create("amount", Enumerable.Range(0, rows).Select(_ => shift + Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble())).ToArray()),
            DataColumn.Create("city", Enumerable.Range(0, rows).Select(_ => random.NextDouble() < rare ? $"rare {random.Next(50)}" : $"city {random.Next(4)}").ToArray()),
            DataColumn.Create("at", Enumerable.Range(0, rows).Select(_ => Timestamp.Utc(2001, 1, 1) + TimeSpan.FromSeconds((shift + random.NextDouble()) * 86_400)).ToArray()));
    }
}
