using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using MlOps.Reporting;
using MlOps.Reporting.Rendering;

namespace MlOps.Tests.Reporting;

public sealed class HtmlReportTests
{
    private static readonly double[] Nasty = [double.NaN, double.PositiveInfinity, double.NegativeInfinity, 0, -0.0, -5, 1e-300, double.Epsilon, double.MaxValue, double.MinValue, 1, 1];

    [Fact]
    public void ToHtml_OfEveryPart_IsWellFormedAndStandsAlone()
    {
        var html = SampleReport.Make().ToHtml();
        var document = Parse(html);

        document.Descendants().Where(element => element.Name.LocalName == "svg" && (element.Attribute("class")?.Value is "wide" or "narrow")).Should().HaveCount(20);
        document.Descendants().Select(element => element.Name.LocalName).Should().NotContain(["script", "link", "img", "iframe"]);
        Regex.IsMatch(html.Replace("http://www.w3.org/2000/svg", "", StringComparison.Ordinal), "https?:|url\\(|@import").Should().BeFalse("nothing is fetched");
        document.Descendants().Where(element => element.Name.LocalName == "title" && element.Parent!.Name.LocalName != "head").Should().HaveCountGreaterThan(60);
    }

    [Fact]
    public void ToHtml_UnderAnotherCulture_GivesTheSameBytes()
    {
        var before = CultureInfo.CurrentCulture;
        var expected = SampleReport.Make().ToHtml();
        try
        {
            CultureInfo.CurrentCulture = new CultureInfo("de-DE");
            SampleReport.Make().ToHtml().Should().Be(expected);
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public async Task Write_ToAStream_IsTheHtmlInUtf8()
    {
        using var stream = new MemoryStream();
        await SampleReport.Make().WriteAsync(stream);
        Encoding.UTF8.GetString(stream.ToArray()).Should().Be(SampleReport.Make().ToHtml());
    }

    [Fact]
    public void ToHtml_HostileTexts_AreTextEverywhere()
    {
        const string Evil = "</title><script>alert('x')</script>&\"'\u0001\uD800";
        var report = new HtmlReport(Evil, Evil).Section(Evil, section => section
            .Heading(Evil).Text(Evil).Tiles(new Tile(Evil, Evil, Evil, TileTone.Bad)).Table(new ReportTable([Evil], [[Evil]], Evil))
            .Plot(AllPlots(Evil, [1, 2], [3, 4])));
        var document = Parse(report.ToHtml());

        document.Descendants().Select(element => element.Name.LocalName).Should().NotContain("script");
        document.Descendants().First(element => element.Name.LocalName == "h1").Value.Should().Be("</title><script>alert('x')</script>&\"'\uFFFD\uFFFD");
    }

    public static TheoryData<string> DataShapes => ["empty", "one", "constant", "nan", "nasty", "huge", "tiny", "uneven"];

    [Theory]
    [MemberData(nameof(DataShapes))]
    public void Plots_OfAwkwardData_HaveOnlyFiniteCoordinates(string shape)
    {
        (double[] X, double[] Y) data = shape switch
        {
            "empty" => ([], []),
            "one" => ([3], [7]),
            "constant" => ([1, 2, 3], [5, 5, 5]),
            "nan" => ([double.NaN, double.NaN], [double.NaN, double.NaN]),
            "nasty" => (Nasty, Nasty),
            "huge" => ([-double.MaxValue, double.MaxValue], [double.MaxValue, -double.MaxValue]),
            "tiny" => ([1, 1 + 1e-15], [1e-320, 2e-320]),
            _ => ([1, 2, 3, 4], [1]),
        };
        var html = new HtmlReport("t").Section("s", section => section.Plot(AllPlots("p", data.X, data.Y))).ToHtml();

        html.Should().NotContain("NaN").And.NotContain("Infinity").And.NotContain("∞");
        foreach (var svg in Parse(html).Descendants().Where(element => element.Name.LocalName == "svg"))
        {
            foreach (var attribute in svg.Descendants().Attributes().Where(attribute => attribute.Name.LocalName is "x" or "y" or "x1" or "x2" or "y1" or "y2" or "cx" or "cy" or "r" or "width" or "height" or "d" or "fill-opacity"))
            {
                foreach (Match number in Regex.Matches(attribute.Value, "[^MLCZ ]+"))
                    Math.Abs(double.Parse(number.Value, CultureInfo.InvariantCulture)).Should().BeLessThan(20_000);
            }
        }
    }

    [Fact]
    public void PlotJson_OfEveryPlot_ReadsBackToTheSameDrawing()
    {
        foreach (var plot in SampleReport.Plots.Concat(AllPlots("p", Nasty, Nasty)))
        {
            var read = PlotJson.Deserialize(PlotJson.Serialize(plot));
            PlotRenderer.Draw(read, 540, "wide").Should().Be(PlotRenderer.Draw(plot, 540, "wide"));
        }

        foreach (var bad in new[] { "", "null", "{}", "{\"kind\":\"pie\"}", "{\"kind\":\"line\"}" })
        {
            var read = () => PlotJson.Deserialize(Encoding.UTF8.GetBytes(bad));
            read.Should().Throw<CorruptDataException>(bad);
        }
    }

    [Fact]
    public void Line_OfManyPoints_StaysSmall()
    {
        double[] x = [.. Enumerable.Range(0, 200_000).Select(i => (double)i)];
        var plot = new LinePlot { Title = "noise", X = new("x"), Y = new("y"), Series = [new("s", x, [.. x.Select(value => Math.Sin(value * value))])] };
        PlotRenderer.Draw(plot, 540, "wide").Length.Should().BeLessThan(60_000);
    }

    [Theory]
    [InlineData(0, 1, "0.0 0.2 0.4 0.6 0.8 1.0")]
    [InlineData(0, 0.312, "0.0 0.1 0.2 0.3 0.4")]
    [InlineData(-3, 97, "-20 0 20 40 60 80 100")]
    [InlineData(99.5, 99.9, "99.5 99.6 99.7 99.8 99.9")]
    [InlineData(0, 2_500_000, "0 500k 1M 1.5M 2M 2.5M")]
    public void Scale_OfARange_TakesRoundTicks(double low, double high, string expected)
    {
        var scale = new Scale(new PlotAxis("v"), [low, high], 0, 100, 5);
        string.Join(' ', scale.Ticks.Select(scale.Label)).Should().Be(expected);
    }

    [Fact]
    public void PercentileBox_OfMeasurements_AgreesWithNumPy()
    {
        // numpy.percentile([15, 20, 35, 40, 50], [5, 25, 50, 75, 95, 99])
        var box = PercentileBox.From("b", [50, 15, 40, double.NaN, 20, 35]);
        new[] { box.P5, box.P25, box.P50, box.P75, box.P95, box.P99 }.Should().Equal([16, 20, 35, 40, 48, 49.6], (a, b) => Math.Abs(a - b) < 1e-9);
        PercentileBox.From("b", []).P50.Should().Be(double.NaN);
    }

    [Fact]
    public void Dag_WithACircle_StillDrawsEveryStep()
    {
        var plot = new DagPlot { Title = "d", Nodes = [new("a", "first"), new("b", "second"), new("c", "third"), new("a", "twice")], Edges = [new("a", "b"), new("b", "c"), new("c", "b"), new("c", "nowhere"), new("a", "a")] };
        var svg = PlotRenderer.Draw(plot, 540, "wide");
        svg.Should().Contain(">first").And.Contain(">second").And.Contain(">third").And.NotContain("twice");
    }

    private static XDocument Parse(string html) => XDocument.Parse(html.Replace("<!DOCTYPE html>\n", "", StringComparison.Ordinal));

    private static Plot[] AllPlots(string text, double[] x, double[] y)
    {
        var pairs = x.Zip(y).ToArray();
        var first = pairs.Length > 0 ? pairs[0].Second : double.NaN;
        return
        [
            new LinePlot { Title = text, X = new(text), Y = new(text, text), Series = [new(text, x, y), new(text, y, x)], Diagonal = true, Threshold = first, Marks = [new(first, text)], Note = text },
            new LinePlot { Title = text, X = new(text, null, AxisScale.Log), Y = new(text, null, AxisScale.Log), Series = [new(text, x, y)] },
            new LinePlot { Title = text, X = new(text, null, AxisScale.Time), Y = new(text, null, AxisScale.Percent), Series = [new(text, x, y)] },
            new CalibrationPlot { Title = text, Series = [new(text, [.. pairs.Select(pair => new CalibrationBin(pair.First, pair.Second, 3))])] },
            new HistogramPlot { Title = text, X = new(text), Edges = x, Series = [new(text, y), new(text, y)] },
            new BarPlot { Title = text, Value = new(text), Bars = [.. y.Select(value => new Bar(text, value))], Threshold = first },
            new BarPlot { Title = text, Value = new(text, null, AxisScale.Log), Bars = [.. y.Select(value => new Bar(text, value))] },
            new PercentilePlot { Title = text, Value = new(text, null, AxisScale.Duration), Boxes = [.. pairs.Select(pair => new PercentileBox(text, pair.First, pair.First, pair.Second, pair.Second, pair.First, pair.Second))], Threshold = first },
            new HeatMapPlot { Title = text, Columns = [.. x.Select(_ => text)], Rows = [text, text], Values = [y], XLabel = text, YLabel = text },
            new GanttPlot { Title = text, Spans = [.. pairs.Select(pair => new GanttSpan(text, pair.First, pair.Second, PlotState.Failed, text))] },
            new DagPlot { Title = text, Nodes = [.. x.Select((_, i) => new DagNode(text + i, text, PlotState.Running, text))], Edges = [.. x.Skip(1).Select((_, i) => new DagEdge(text + i, text + (i + 1)))] },
        ];
    }
}
