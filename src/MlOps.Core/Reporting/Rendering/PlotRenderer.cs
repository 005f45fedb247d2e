using System.Globalization;

namespace MlOps.Reporting.Rendering;

/// <summary>Draws a plot as an SVG of a given width, and says what its legend holds.</summary>
internal static partial class PlotRenderer
{
    /// <summary>How many series have a colour of their own; further ones share them, told apart by their dashes.</summary>
    public const int Colours = 6;

    public static string Draw(Plot plot, double width, string variant) => plot switch
    {
        LinePlot line => DrawLines(line, width, variant),
        CalibrationPlot calibration => DrawCalibration(calibration, width, variant),
        HistogramPlot histogram => DrawHistogram(histogram, width, variant),
        BarPlot bars => DrawBars(bars, width, variant),
        PercentilePlot percentiles => DrawBoxes(percentiles, width, variant),
        HeatMapPlot heat => DrawHeatMap(heat, width, variant),
        GanttPlot gantt => DrawGantt(gantt, width, variant),
        DagPlot dag => DrawDag(dag, width, variant),
        _ => throw new InvalidDefinitionException($"A plot of type {plot.GetType().Name} cannot be drawn."),
    };

    /// <summary>Legend entries: a text and the CSS classes of its swatch.</summary>
    public static IReadOnlyList<(string Text, string Css)> Legend(Plot plot)
    {
        switch (plot)
        {
            case LinePlot line:
                var entries = line.Series.Select((series, i) => (series.Name, "key " + Series(i))).ToList();
                if (line.Series.Count == 1 && !line.Diagonal)
                    entries.Clear();
                if (line.Diagonal)
                    entries.Add(("equal", "key diagonal"));
                return entries;
            case CalibrationPlot calibration:
                return [.. calibration.Series.Select((series, i) => (series.Name, "key " + Series(i))), ("perfect", "key diagonal")];
            case HistogramPlot { Series.Count: > 1 } histogram:
                return [.. histogram.Series.Select((series, i) => (series.Name, i == 0 ? "key area s0" : "key " + Series(i)))];
            case BarPlot { Threshold: { } bound } bars:
                return [("within the bound", "key area s0"), ($"beyond the bound of {Labels.Value(bound, bars.Value.Scale)}", "key area alarm")];
            case PercentilePlot:
                return [("median", "key median"), ("25 to 75 %", "key area s0"), ("5 to 95 %", "key whisker"), ("99 %", "key dot s0")];
            case GanttPlot gantt:
                return States(gantt.Spans.Select(span => span.State));
            case DagPlot dag:
                return States(dag.Nodes.Select(node => node.State));
            default:
                return [];
        }
    }

    public static string StateCss(PlotState state) => "st-" + StateText(state);

    public static string StateText(PlotState state) => state switch
    {
        PlotState.Waiting => "waiting",
        PlotState.Running => "running",
        PlotState.Succeeded => "succeeded",
        PlotState.Cached => "cached",
        PlotState.Skipped => "skipped",
        _ => "failed",
    };

    private static IReadOnlyList<(string, string)> States(IEnumerable<PlotState> states) =>
        [.. states.Distinct().Order().Select(state => (StateText(state), "key area " + StateCss(state)))];

    private static string Series(int index) => string.Create(CultureInfo.InvariantCulture, $"s{index % Colours}{(index >= Colours / 2 ? " d" + (index / (Colours / 2) % 3) : "")}");

    private static string Point(double x, double y) => SvgWriter.N(x) + " " + SvgWriter.N(y);
}
