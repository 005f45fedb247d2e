namespace MlOps.Reporting.Rendering;

internal static partial class PlotRenderer
{
    private static string DrawHeatMap(HeatMapPlot plot, double width, string variant)
    {
        var left = Math.Clamp(plot.Rows.Select(Labels.Width).DefaultIfEmpty(30).Max() + 10, 30, width * 0.34);
        var columns = Math.Max(1, plot.Columns.Count);
        var cell = (width - left - 6) / columns;
        var row = Math.Clamp(cell * 0.62, 24, plot.Rows.Count <= 3 ? 84 : 46);
        var slanted = plot.Columns.Any(name => Labels.Width(name) > cell - 4);
        var top = 24 + (slanted ? Math.Min(92, (plot.Columns.Select(Labels.Width).Max() * 0.71) + 14) : 22);
        var height = top + (Math.Max(1, plot.Rows.Count) * row) + 26;
        var svg = new SvgWriter(width, height, plot.Title, variant);
        var finite = plot.Values.SelectMany(values => values).Where(double.IsFinite).ToArray();
        var reach = finite.Select(Math.Abs).DefaultIfEmpty(1).Max();
        var written = finite.All(value => Labels.Width(Labels.Value(value, plot.Scale)) < cell - 2);
        svg.Text(0, 14, Labels.Fit(plot.YLabel, width), "label");
        svg.Text(left + ((width - left) / 2), height - 6, plot.XLabel, "label", "middle");
        for (var c = 0; c < plot.Columns.Count; c++)
        {
            var x = left + ((c + 0.5) * cell);
            if (slanted)
                svg.Text(x, top - 8, Labels.Fit(plot.Columns[c], 110), "tick", "start", plot.Columns[c], rotate: -45);
            else
                svg.Text(x, top - 8, plot.Columns[c], "tick", "middle");
        }

        for (var r = 0; r < plot.Rows.Count; r++)
        {
            var y = top + (r * row);
            svg.Text(left - 8, y + (row / 2) + 4, Labels.Fit(plot.Rows[r], left - 10), "row", "end", plot.Rows[r]);
            for (var c = 0; c < plot.Columns.Count; c++)
            {
                var value = r < plot.Values.Count && c < plot.Values[r].Count ? plot.Values[r][c] : double.NaN;
                var x = left + (c * cell);
                var name = $"{plot.Rows[r]}, {plot.Columns[c]}: ";
                if (!double.IsFinite(value))
                {
                    svg.Rect(x + 1, y + 1, cell - 2, row - 2, "cell-empty", name + "no value", radius: 2);
                    continue;
                }

                // Depth of one hue for size, another hue for below zero: readable without telling colours apart, as the numbers stand there too.
                var depth = reach > 0 ? 0.08 + (0.92 * Math.Abs(value) / reach) : 0.08;
                var text = Labels.Value(value, plot.Scale);
                svg.Rect(x + 1, y + 1, cell - 2, row - 2, value < 0 ? "cell s1" : "cell s0", name + text, radius: 2, opacity: depth);
                if (written)
                    svg.Text(x + (cell / 2), y + (row / 2) + 4, text, depth > 0.62 ? "value on-cell" : "value", "middle");
            }
        }

        return svg.Finish();
    }
}
