namespace MlOps.Reporting.Rendering;

internal static partial class PlotRenderer
{
    private static string DrawBars(BarPlot plot, double width, string variant)
    {
        var rows = new RowFrame(plot.Title, width, variant, plot.Value, plot.Bars.Select(bar => bar.Label).ToArray(),
            plot.Bars.Select(bar => bar.Value).Append(plot.Threshold ?? double.NaN).Append(plot.Value.Scale == AxisScale.Log ? double.NaN : 0), reserve: 52);
        for (var i = 0; i < plot.Bars.Count; i++)
        {
            var bar = plot.Bars[i];
            var end = rows.X.At(bar.Value);
            if (double.IsNaN(end))
            {
                rows.Svg.Text(rows.Left + 4, rows.Centre(i) + 4, "no value", "tick");
                continue;
            }

            var zero = rows.X.At(plot.Value.Scale == AxisScale.Log ? rows.X.Low : Math.Clamp(0, rows.X.Low, rows.X.High));
            var beyond = bar.Value > plot.Threshold;
            var text = Labels.Value(bar.Value, plot.Value.Scale);
            rows.Svg.Rect(Math.Min(zero, end), rows.Centre(i) - rows.Half, Math.Abs(end - zero), 2 * rows.Half, beyond ? "area alarm" : "area s0", $"{bar.Label}: {text}{(beyond ? ", beyond the bound" : "")}", radius: 2);
            rows.Svg.Text(Math.Max(zero, end) + 5, rows.Centre(i) + 4, text, beyond ? "value strong halo" : "value halo");
        }

        rows.Threshold(plot.Threshold);
        return rows.Svg.Finish();
    }

    private static string DrawBoxes(PercentilePlot plot, double width, string variant)
    {
        var rows = new RowFrame(plot.Title, width, variant, plot.Value, plot.Boxes.Select(box => box.Label).ToArray(),
            plot.Boxes.SelectMany(box => new[] { box.P5, box.P25, box.P50, box.P75, box.P95, box.P99 }).Append(plot.Threshold ?? double.NaN), reserve: 8);
        for (var i = 0; i < plot.Boxes.Count; i++)
        {
            var box = plot.Boxes[i];
            var at = new[] { box.P5, box.P25, box.P50, box.P75, box.P95, box.P99 }.Select(rows.X.At).ToArray();
            var y = rows.Centre(i);
            if (Array.Exists(at, double.IsNaN))
            {
                rows.Svg.Text(rows.Left + 4, y + 4, "no value", "tick");
                continue;
            }

            var scale = plot.Value.Scale;
            rows.Svg.Line(at[0], y, at[4], y, "whisker");
            rows.Svg.Line(at[0], y - 4, at[0], y + 4, "whisker");
            rows.Svg.Line(at[4], y - 4, at[4], y + 4, "whisker");
            rows.Svg.Rect(at[1], y - rows.Half, Math.Max(1, at[3] - at[1]), 2 * rows.Half, "area s0", $"{box.Label}: 5 % {Labels.Value(box.P5, scale)}, median {Labels.Value(box.P50, scale)}, 95 % {Labels.Value(box.P95, scale)}, 99 % {Labels.Value(box.P99, scale)}", radius: 2);
            rows.Svg.Line(at[2], y - rows.Half, at[2], y + rows.Half, "median");
            rows.Svg.Circle(at[5], y, 3.5, "point s0", $"{box.Label}: 99 % {Labels.Value(box.P99, scale)}");
        }

        rows.Threshold(plot.Threshold);
        return rows.Svg.Finish();
    }

    private static string DrawGantt(GanttPlot plot, double width, string variant)
    {
        var names = plot.Spans.Select(span => span.Row).Distinct().ToArray();
        var rows = new RowFrame(plot.Title, width, variant, new PlotAxis("Time since the start", null, AxisScale.Duration, 0), names,
            plot.Spans.SelectMany(span => new[] { span.Start, span.End }), reserve: 8);
        foreach (var span in plot.Spans)
        {
            var (from, to) = (rows.X.At(span.Start), rows.X.At(span.End));
            if (double.IsNaN(from) || double.IsNaN(to))
                continue;
            var y = rows.Centre(Array.IndexOf(names, span.Row));
            var length = Labels.Duration(span.End - span.Start);
            rows.Svg.Rect(from, y - rows.Half, Math.Max(3, to - from), 2 * rows.Half, "area " + StateCss(span.State), $"{span.Row}{(span.Label is null ? "" : " – " + span.Label)}: {StateText(span.State)}, {length}", radius: 3);
            if (to - from > Labels.Width(length) + 10)
                rows.Svg.Text(from + 6, y + 4, length, "tick on-" + StateText(span.State));
            else if (to + Labels.Width(length) + 8 < rows.Right)
                rows.Svg.Text(Math.Max(to, from + 3) + 5, y + 4, length, "tick halo");
        }

        return rows.Svg.Finish();
    }

    /// <summary>Named rows over one horizontal scale.</summary>
    private sealed class RowFrame
    {
        private readonly double _bottom;
        private readonly double _above;
        private readonly double _rowHeight;
        private readonly AxisScale _scale;

        public RowFrame(string title, double width, string variant, PlotAxis axis, string[] names, IEnumerable<double> data, double reserve)
        {
            var widest = names.Select(Labels.Width).DefaultIfEmpty(30).Max() + 10;

            // Names that would take more than a third of the width stand above their bars instead.
            _above = widest > width * 0.36 ? 16 : 0;
            _rowHeight = _above + Math.Clamp(220.0 / Math.Max(1, names.Length), 26, width > 800 ? 30 : 38);
            _bottom = Top + (Math.Max(1, names.Length) * _rowHeight) + 4;
            _scale = axis.Scale;
            Svg = new SvgWriter(width, _bottom + 46, title, variant);
            Left = _above > 0 ? 8 : Math.Max(30, widest);
            Right = width - 12;
            X = new Scale(axis, data, Left, Right - reserve, width < 450 ? 3 : 6, round: false);
            var free = double.NegativeInfinity;
            foreach (var tick in X.Ticks)
            {
                var at = X.At(tick);
                Svg.Line(at, Top, at, _bottom, "grid");
                var half = Labels.Width(X.Label(tick)) / 2;
                if (at - half < free)
                    continue;
                Svg.Text(Math.Min(at, width - half), _bottom + 18, X.Label(tick), "tick", "middle");
                free = at + half + 8;
            }

            Svg.Line(Left, Top, Left, _bottom, "axis");
            for (var i = 0; i < names.Length; i++)
            {
                if (_above > 0)
                    Svg.Text(Left + 4, Centre(i) - Half - 4, Labels.Fit(names[i], Right - Left - 4), "row halo", "start", names[i]);
                else
                    Svg.Text(Left - 8, Centre(i) + 4, names[i], "row", "end");
            }

            if (names.Length == 0)
                Svg.Text(Left + 8, Centre(0) + 4, "no data", "tick");
            Svg.Text((Left + Right) / 2, _bottom + 38, PlotFrame.AxisText(axis), "label", "middle");
        }

        public static double Top => 18;

        public SvgWriter Svg { get; }

        public double Left { get; }

        public double Right { get; }

        public Scale X { get; }

        public double Centre(int row) => Top + (row * _rowHeight) + ((_rowHeight + _above) / 2) + 2;

        /// <summary>Half of a bar's thickness.</summary>
        public double Half => Math.Round((_rowHeight - _above) * (_above > 0 ? 0.27 : 0.31));

        public void Threshold(double? bound)
        {
            if (bound is not { } value || X.At(value) is not (var at and not double.NaN))
                return;
            var text = "bound " + Labels.Value(value, _scale);
            Svg.Line(at, Top - 2, at, _bottom, "bound");
            Svg.Text(Math.Clamp(at, Left, Right - (Labels.Width(text) / 2)), Top - 6, text, "tick", "middle");
        }
    }
}
