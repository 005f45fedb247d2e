namespace MlOps.Reporting.Rendering;

/// <summary>The axes, grid and labels of a plot with two scales.</summary>
internal sealed class PlotFrame
{
    private const double LineHeight = 18;

    private readonly SvgWriter _svg;
    private readonly PlotAxis _xAxis;
    private readonly PlotAxis _yAxis;

    public PlotFrame(SvgWriter svg, double width, double height, PlotAxis x, IEnumerable<double> xData, PlotAxis y, IEnumerable<double> yData, bool roundX = false)
    {
        _svg = svg;
        _xAxis = x;
        _yAxis = y;
        Top = 28;
        Bottom = height - 44;
        Right = width - 14;
        Y = new Scale(y, yData, Bottom, Top, 5);
        Left = 12 + Y.Ticks.Select(tick => Labels.Width(Y.Label(tick))).DefaultIfEmpty(20).Max();
        X = new Scale(x, xData, Left, Right, width < 450 ? 4 : 6, roundX);
    }

    public double Left { get; }

    public double Right { get; }

    public double Top { get; }

    public double Bottom { get; }

    public Scale X { get; }

    public Scale Y { get; }

    public static string AxisText(PlotAxis axis) => axis.Unit is null ? axis.Label : $"{axis.Label} ({axis.Unit})";

    public void Draw(bool verticalGrid = true)
    {
        foreach (var tick in Y.Ticks)
        {
            var at = Y.At(tick);
            _svg.Line(Left, at, Right, at, "grid");
            _svg.Text(Left - 6, at + 4, Y.Label(tick), "tick", "end");
        }

        // Labels that would touch the one before are left out.
        var free = double.NegativeInfinity;
        foreach (var tick in X.Ticks)
        {
            var at = X.At(tick);
            if (verticalGrid)
                _svg.Line(at, Top, at, Bottom, "grid");
            var label = X.Label(tick);
            var half = Labels.Width(label) / 2;
            var anchor = at + half > Right + 12 ? "end" : "middle";
            var begin = anchor == "end" ? at - (2 * half) : at - half;
            if (begin < free)
                continue;
            _svg.Text(anchor == "end" ? Right + 8 : at, Bottom + LineHeight, label, "tick", anchor);
            free = begin + (2 * half) + 8;
        }

        _svg.Line(Left, Bottom, Right, Bottom, "axis");
        _svg.Text(0, 14, Labels.Fit(AxisText(_yAxis), Right), "label");
        _svg.Text((Left + Right) / 2, Bottom + 38, Labels.Fit(AxisText(_xAxis), Right - Left), "label", "middle");
    }

    public void Threshold(double value)
    {
        var at = Y.At(value);
        if (double.IsNaN(at))
            return;
        _svg.Line(Left, at, Right, at, "bound");
        _svg.Text(Right, at - 5, "bound " + Labels.Value(value, Y.Kind), "tick halo", "end");
    }
}
