using MlOps.Reporting;

namespace MlOps.Tests.Reporting;

/// <summary>A report with every kind of part, such as the flight sample writes; the numbers are made up by formulas.</summary>
internal static class SampleReport
{
    public static Plot[] Plots { get; } = [Roc(), Calibration(), Histogram(), Drift(), Latency(), Timeline(), Confusion(), Correlations(), Steps(), Gantt()];

    public static HtmlReport Make() => new HtmlReport("Flight delay: training and rollout", "production · run 7f3a · 30 June 2001, 23:00 UTC")
        .Section("Result", section => section
            .Text("Version 4 of the model late-flight was trained on January to April 2001, chosen on May, and took over in production on 9 June after ten per cent of the traffic showed a better Brier score.\n\nA flight counts as late when it departs more than 15 minutes after its scheduled time.")
            .Tiles(
                new Tile("AUC, May", "0.743", "bound 0.70", TileTone.Good), new Tile("Brier score", "0.138", "champion 0.142", TileTone.Good),
                new Tile("Latency, 99 %", "6.2 ms", "bound 20 ms", TileTone.Good), new Tile("Drift (PSI), June", "0.31", "beyond 0.25", TileTone.Bad),
                new Tile("Missing features", "1.8 %", "was 0.9 %", TileTone.Warning), new Tile("Flights scored", "512,904"))
            .Table(new ReportTable(
                ["Environment", "Version", "Alias", "AUC", "Log loss", "Trained", "Origin"],
                [["sandbox", "3", "challenger", "0.744", "0.431", "2001-05-31", "trained here"], ["staging", "3", "champion", "0.744", "0.431", "2001-05-31", "copied from sandbox/3"], ["production", "4", "champion", "0.743", "0.432", "2001-06-09", "retrained on production's data"]],
                "Versions")))
        .Section("Model quality", section => section.Plot(Plots[0], Plots[1], Plots[6], Plots[2]))
        .Section("Drift", section => section.Plot(Plots[3], Plots[5], Plots[7]))
        .Section("Serving", section => section.Heading("Latency by stage").Plot(Plots[4]))
        .Section("Pipeline", section => section.Plot(Plots[8], Plots[9]));

    private static double[] Range(int count, double from, double to) => [.. Enumerable.Range(0, count).Select(i => from + ((to - from) * i / (count - 1)))];

    private static LinePlot Roc() => new()
    {
        Title = "ROC curve on May 2001",
        X = new("False positive rate", null, AxisScale.Percent, 0, 1),
        Y = new("True positive rate", null, AxisScale.Percent, 0, 1),
        Series = [new("boosted trees, AUC 0.743", Range(200, 0, 1), [.. Range(200, 0, 1).Select(x => Math.Pow(x, 0.345))]), new("linear, AUC 0.701", Range(200, 0, 1), [.. Range(200, 0, 1).Select(x => Math.Pow(x, 0.427))])],
        Diagonal = true,
    };

    private static CalibrationPlot Calibration() => new()
    {
        Title = "Calibration on May 2001",
        Series =
        [
            new("boosted trees", [.. Range(10, 0.04, 0.72).Select((p, i) => new CalibrationBin(p, p + (0.02 * Math.Sin(i)), (long)(90_000 * Math.Exp(-i * 0.5))))]),
            new("linear", [.. Range(8, 0.06, 0.55).Select((p, i) => new CalibrationBin(p, p * 0.82, (long)(80_000 * Math.Exp(-i * 0.6))))]),
        ],
        Note = "Ten bins of equal width; the area of a point shows how many flights its bin holds.",
    };

    private static HistogramPlot Histogram() => new()
    {
        Title = "Mean delay at the origin, last hour",
        X = new("Mean delay", "min"),
        Edges = Range(25, -20, 100),
        Series = [new("training, January to April", [.. Range(24, -3, 3).Select(z => 1e5 * Math.Exp(-(z + 1) * (z + 1)))]), new("June", [.. Range(24, -3, 3).Select(z => 3e4 * Math.Exp(-(z + 0.5) * (z + 0.5) * 0.8))])],
    };

    private static BarPlot Drift() => new()
    {
        Title = "Drift of features, June against training",
        Value = new("Population stability index"),
        Bars = [new("origin_mean_delay_1h", 0.312), new("route_share_late_7d", 0.271), new("destination_mean_delay_24h", 0.118), new("hour_of_day", 0.021), new("distance", 0.004), new("carrier_code", double.NaN)],
        Threshold = 0.25,
    };

    private static PercentilePlot Latency() => new()
    {
        Title = "Latency of predictions",
        Value = new("Latency", "ms", AxisScale.Log),
        Boxes = [new("feature look-up", 0.05, 0.08, 0.11, 0.19, 0.6, 2.4), new("queue", 0.1, 0.4, 0.9, 1.4, 2.1, 3.3), new("inference", 0.4, 0.5, 0.6, 0.8, 1.5, 2.8), new("whole request", 0.8, 1.2, 1.8, 2.6, 4.1, 6.2)],
        Threshold = 20,
        Note = "512,904 requests of one day.",
    };

    private static LinePlot Timeline()
    {
        var start = Timestamp.Utc(2001, 6, 1).Microseconds / 1e6;
        var days = Range(30, start, start + (29 * 86_400));
        return new()
        {
            Title = "AUC by day of the stream",
            X = new("Day", "UTC", AxisScale.Time),
            Y = new("AUC"),
            Series = [new("version 3", days[..12], [.. Range(12, 0.74, 0.69).Select((y, i) => y + (0.006 * Math.Sin(i * 2)))]), new("version 4", days[8..], [.. Range(22, 0.735, 0.742).Select((y, i) => y + (0.005 * Math.Cos(i * 1.7)))])],
            Threshold = 0.7,
            Marks = [new(start + (8 * 86_400), "canary"), new(start + (11 * 86_400), "promoted")],
        };
    }

    private static HeatMapPlot Confusion() => new()
    {
        Title = "Confusion matrix at a threshold of 0.3",
        Columns = ["on time", "late"],
        Rows = ["on time", "late"],
        Values = [[0.81, 0.19], [0.46, 0.54]],
        XLabel = "Predicted",
        YLabel = "Observed",
        Scale = AxisScale.Percent,
    };

    private static HeatMapPlot Correlations()
    {
        string[] names = ["delay_1h", "delay_24h", "delay_7d", "share_late_1h", "share_late_24h", "distance", "hour"];
        return new()
        {
            Title = "Correlation of features", Columns = names, Rows = names, XLabel = "Feature", YLabel = "Feature", FullWidth = true,
            Values = [.. names.Select((_, r) => (IReadOnlyList<double>)[.. names.Select((_, c) => r == c ? 1 : Math.Round(Math.Cos((r + 1) * (c + 1)) * 0.7 / (1 + (Math.Abs(r - c) * 0.3)), 2))])],
        };
    }

    private static DagPlot Steps() => new()
    {
        Title = "Pipeline late-flight-training",
        FullWidth = true,
        Nodes =
        [
            new("pull", "pull data", PlotState.Cached, "from run 6"), new("frame", "training frame", PlotState.Succeeded, "8.2 s"), new("linear", "train linear", PlotState.Succeeded, "4.1 s"),
            new("trees", "train boosted trees", PlotState.Succeeded, "31 s, 2 attempts"), new("evaluate", "evaluate", PlotState.Succeeded, "1.9 s"), new("register", "register", PlotState.Running), new("notify", "notify on failure", PlotState.Skipped),
        ],
        Edges = [new("pull", "frame"), new("frame", "linear"), new("frame", "trees"), new("linear", "evaluate"), new("trees", "evaluate"), new("evaluate", "register"), new("evaluate", "notify")],
    };

    private static GanttPlot Gantt() => new()
    {
        Title = "When the steps ran",
        FullWidth = true,
        Spans =
        [
            new("pull data", 0, 0.3, PlotState.Cached), new("training frame", 0.3, 8.5), new("train linear", 8.5, 12.6), new("train boosted trees", 8.5, 14, PlotState.Failed, "attempt 1"),
            new("train boosted trees", 15, 46, PlotState.Succeeded, "attempt 2"), new("evaluate", 46, 47.9), new("register", 47.9, 49, PlotState.Running),
        ],
    };
}
