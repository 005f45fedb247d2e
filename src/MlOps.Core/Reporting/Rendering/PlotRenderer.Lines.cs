using System.Globalization;
using System.Text;

namespace MlOps.Reporting.Rendering;

internal static partial class PlotRenderer
{
    private const int MarkedPoints = 32;

    private static string DrawLines(LinePlot plot, double width, string variant)
    {
        var height = HeightFor(width);
        var svg = new SvgWriter(width, height, plot.Title, variant);
        var yData = plot.Series.SelectMany(series => series.Y).Append(plot.Threshold ?? double.NaN);
        var frame = new PlotFrame(svg, width, height, plot.X, plot.Series.SelectMany(series => series.X).Concat(plot.Marks.Select(mark => mark.X)), plot.Y, yData);
        frame.Draw();
        if (plot.Diagonal)
            Diagonal(svg, frame);
        var row = 0;
        foreach (var mark in plot.Marks)
        {
            var at = frame.X.At(mark.X);
            if (double.IsNaN(at))
                continue;
            svg.Line(at, frame.Top, at, frame.Bottom, "mark");
            var right = at + Labels.Width(mark.Label) + 6 < frame.Right;
            svg.Text(right ? at + 4 : at - 4, frame.Top + 12 + (15 * (row++ % 3)), mark.Label, "tick halo", right ? "start" : "end");
        }

        for (var i = 0; i < plot.Series.Count; i++)
        {
            var series = plot.Series[i];
            Line(svg, frame, series, "line " + Series(i));
            if (Math.Min(series.X.Count, series.Y.Count) <= MarkedPoints)
                Markers(svg, frame, series, plot.Y.Scale, plot.X.Scale, Series(i));
        }

        if (plot.Threshold is { } bound)
            frame.Threshold(bound);
        return svg.Finish();
    }

    private static string DrawCalibration(CalibrationPlot plot, double width, string variant)
    {
        var height = HeightFor(width);
        var svg = new SvgWriter(width, height, plot.Title, variant);
        var bins = plot.Series.SelectMany(series => series.Bins).Where(bin => double.IsFinite(bin.Predicted) && double.IsFinite(bin.Observed)).ToArray();

        // Predictions of rare events crowd near zero: the square ends where the data do.
        var reach = Math.Clamp(bins.Select(bin => Math.Max(bin.Predicted, bin.Observed)).DefaultIfEmpty(1).Max(), 0.05, 1);
        var x = new PlotAxis("Predicted probability", null, AxisScale.Percent, 0);
        var y = new PlotAxis("Observed share", null, AxisScale.Percent, 0);
        var frame = new PlotFrame(svg, width, height, x, [reach], y, [reach], roundX: true);
        frame.Draw();
        Diagonal(svg, frame);
        var largest = Math.Max(1, bins.Select(bin => bin.Count).DefaultIfEmpty(1).Max());
        for (var i = 0; i < plot.Series.Count; i++)
        {
            var series = plot.Series[i];
            Line(svg, frame, new LineSeries(series.Name, [.. series.Bins.Select(bin => bin.Predicted)], [.. series.Bins.Select(bin => bin.Observed)]), "line " + Series(i));
            foreach (var bin in series.Bins)
            {
                var (px, py) = (frame.X.At(bin.Predicted), frame.Y.At(bin.Observed));
                if (!double.IsNaN(px) && !double.IsNaN(py))
                    svg.Circle(px, py, 2.5 + (5 * Math.Sqrt(Math.Clamp(bin.Count / (double)largest, 0, 1))), "point " + Series(i), $"{series.Name}: predicted {Labels.Value(bin.Predicted, AxisScale.Percent)}, observed {Labels.Value(bin.Observed, AxisScale.Percent)}, {bin.Count.ToString("N0", CultureInfo.InvariantCulture)} cases");
            }
        }

        return svg.Finish();
    }

    private static string DrawHistogram(HistogramPlot plot, double width, string variant)
    {
        var height = HeightFor(width);
        var svg = new SvgWriter(width, height, plot.Title, variant);
        var shares = plot.Series.Select(series =>
        {
            var total = series.Counts.Where(double.IsFinite).Sum();
            return series.Counts.Select(count => total > 0 && double.IsFinite(count) ? count / total : 0).ToArray();
        }).ToArray();
        var frame = new PlotFrame(svg, width, height, plot.X, plot.Edges, new PlotAxis("Share", null, AxisScale.Percent, 0), shares.SelectMany(share => share));
        frame.Draw(verticalGrid: false);
        for (var i = 0; i < shares.Length; i++)
        {
            // The first series is filled, the others are outlines over it: both stay readable where they overlap.
            var outline = new StringBuilder();
            for (var b = 0; b + 1 < plot.Edges.Count && b < shares[i].Length; b++)
            {
                var (left, right, top) = (frame.X.At(plot.Edges[b]), frame.X.At(plot.Edges[b + 1]), frame.Y.At(shares[i][b]));
                if (double.IsNaN(left) || double.IsNaN(right))
                    continue;
                if (i == 0)
                    svg.Rect(left + 0.5, top, right - left - 1, frame.Bottom - top, "area " + Series(i), $"{plot.Series[i].Name}, {Labels.Value(plot.Edges[b], plot.X.Scale)} to {Labels.Value(plot.Edges[b + 1], plot.X.Scale)}: {Labels.Value(shares[i][b], AxisScale.Percent)}");
                else
                    outline.Append(outline.Length == 0 ? $"M{Point(left, frame.Bottom)}" : "").Append($"L{Point(left, top)}L{Point(right, top)}").Append(b + 2 == plot.Edges.Count ? $"L{Point(right, frame.Bottom)}" : "");
            }

            if (outline.Length > 0)
                svg.Path(outline.ToString(), "line " + Series(i), plot.Series[i].Name);
        }

        return svg.Finish();
    }

    private static double HeightFor(double width) => width switch { > 800 => 340, > 450 => 330, _ => 300 };

    private static void Diagonal(SvgWriter svg, PlotFrame frame)
    {
        var from = Math.Max(frame.X.Low, frame.Y.Low);
        var to = Math.Min(frame.X.High, frame.Y.High);
        if (from < to)
            svg.Line(frame.X.At(from), frame.Y.At(from), frame.X.At(to), frame.Y.At(to), "diagonal");
    }

    private static void Markers(SvgWriter svg, PlotFrame frame, LineSeries series, AxisScale y, AxisScale x, string css)
    {
        for (var p = 0; p < Math.Min(series.X.Count, series.Y.Count); p++)
        {
            var (px, py) = (frame.X.At(series.X[p]), frame.Y.At(series.Y[p]));
            if (!double.IsNaN(px) && !double.IsNaN(py))
                svg.Circle(px, py, 3, "point " + css, $"{series.Name}: {Labels.Value(series.Y[p], y)} at {Labels.Value(series.X[p], x)}");
        }
    }

    // Within one pixel column only the first, lowest, highest and last point can be seen.
    private static void Line(SvgWriter svg, PlotFrame frame, LineSeries series, string css)
    {
        var path = new StringBuilder();
        var pen = false;
        var column = new List<(double X, double Y)>();
        var pixel = int.MinValue;
        for (var p = 0; p < Math.Min(series.X.Count, series.Y.Count); p++)
        {
            var (x, y) = (frame.X.At(series.X[p]), frame.Y.At(series.Y[p]));
            if (double.IsNaN(x) || double.IsNaN(y))
            {
                Flush();
                pen = false;
                continue;
            }

            if ((int)x != pixel)
                Flush();
            pixel = (int)x;
            column.Add((x, y));
        }

        Flush();
        if (path.Length > 0)
            svg.Path(path.ToString(), css, series.Name);

        void Flush()
        {
            var kept = column.Count <= 4 ? column : Extremes();
            foreach (var (x, y) in kept)
            {
                path.Append(pen ? 'L' : 'M').Append(Point(x, y));
                pen = true;
            }

            column.Clear();
            pixel = int.MinValue;
        }

        List<(double X, double Y)> Extremes()
        {
            var low = column.MinBy(point => point.Y);
            var high = column.MaxBy(point => point.Y);
            return [.. column.Where((point, i) => i == 0 || i == column.Count - 1 || point == low || point == high).Distinct()];
        }
    }
}
