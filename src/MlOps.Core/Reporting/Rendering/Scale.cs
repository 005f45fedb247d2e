namespace MlOps.Reporting.Rendering;

/// <summary>Maps values to pixels and finds round ticks. Whatever the data (none, one value, huge, infinite), pixels are finite.</summary>
internal sealed class Scale
{
    private static readonly double[] TimeSteps =
        [1, 5, 15, 30, 60, 300, 900, 1800, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 86_400, 2 * 86_400, 7 * 86_400, 14 * 86_400, 30 * 86_400, 91 * 86_400, 365 * 86_400];

    private static readonly double[] DurationSteps = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 3 * 3600, 6 * 3600, 12 * 3600, 86_400];

    private readonly double _from;
    private readonly double _to;
    private readonly double _low;
    private readonly double _high;
    private readonly bool _log;

    public Scale(PlotAxis axis, IEnumerable<double> data, double from, double to, int ticks, bool round = true)
    {
        _from = from;
        _to = to;
        Kind = axis.Scale;
        _log = axis.Scale == AxisScale.Log;
        var (low, high) = (double.PositiveInfinity, double.NegativeInfinity);
        foreach (var value in data.Concat([axis.Min ?? double.NaN, axis.Max ?? double.NaN]))
        {
            if (!Usable(value))
                continue;
            low = Math.Min(low, value);
            high = Math.Max(high, value);
        }

        if (low > high)
            (low, high) = _log ? (1, 10) : (0, 1);
        (low, high) = (Math.Clamp(low, -1e300, 1e300), Math.Clamp(high, -1e300, 1e300));
        Ticks = _log ? LogTicks(ref low, ref high, ticks) : LinearTicks(ref low, ref high, ticks, round, axis);
        (_low, _high) = _log ? (Math.Log10(low), Math.Log10(high)) : (low, high);
    }

    public AxisScale Kind { get; }

    public IReadOnlyList<double> Ticks { get; }

    public double Step => Ticks.Count > 1 ? Ticks[1] - Ticks[0] : 1;

    public double Low => _log ? Math.Pow(10, _low) : _low;

    public double High => _log ? Math.Pow(10, _high) : _high;

    public bool Usable(double value) => double.IsFinite(value) && (!_log || value > 0);

    /// <summary>The pixel of a value; NaN where it cannot be shown.</summary>
    public double At(double value)
    {
        if (!Usable(value))
            return double.NaN;
        var place = ((_log ? Math.Log10(value) : value) - _low) / (_high - _low);
        return double.IsFinite(place) ? _from + (Math.Clamp(place, -0.5, 1.5) * (_to - _from)) : double.NaN;
    }

    public string Label(double tick) => Labels.Tick(tick, Step, Kind);

    private static List<double> LinearTicks(ref double low, ref double high, int count, bool round, PlotAxis axis)
    {
        if (high - low < Math.Max(Math.Abs(high), Math.Abs(low)) * 1e-9 || high == low)
        {
            var room = high == 0 ? 1 : Math.Abs(high) * 0.5;
            if (axis.Scale == AxisScale.Time)
                room = 3600;
            (low, high) = (low - room, high + room);
        }

        var step = StepFor((high - low) / Math.Max(1, count), axis.Scale);
        if (round && axis.Scale != AxisScale.Time)
        {
            if (axis.Min is null || axis.Min > low)
                low = Math.Floor((low / step) + 1e-9) * step;
            if (axis.Max is null || axis.Max < high)
                high = Math.Ceiling((high / step) - 1e-9) * step;
        }

        var ticks = new List<double>();
        var first = Math.Ceiling((low / step) - 1e-9);
        for (var i = 0; i < 50; i++)
        {
            var tick = (first + i) * step;
            if (!(tick <= high + (step * 1e-6)))
                break;
            ticks.Add(tick);
        }

        return ticks;
    }

    private static double StepFor(double rough, AxisScale scale)
    {
        if (scale == AxisScale.Time || (scale == AxisScale.Duration && rough >= 1))
        {
            var steps = scale == AxisScale.Time ? TimeSteps : DurationSteps;
            var found = Array.FindIndex(steps, step => step >= rough);
            return found >= 0 ? steps[found] : Math.Ceiling(rough / steps[^1]) * steps[^1];
        }

        var power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        var part = rough / power;
        return (part <= 1 ? 1 : part <= 2 ? 2 : part <= 5 ? 5 : 10) * power;
    }

    private static List<double> LogTicks(ref double low, ref double high, int count)
    {
        var first = Math.Floor(Math.Log10(low) + 1e-9);
        var last = Math.Ceiling(Math.Log10(high) - 1e-9);
        if (last <= first)
            last = first + 1;
        var narrow = last - first <= 2;
        if (narrow)
        {
            // Two decades and less: 1, 2 and 5 of each, cut to what the data need.
            var steps = new List<double>();
            for (var power = first; power <= last; power++)
                steps.AddRange([Math.Pow(10, power), 2 * Math.Pow(10, power), 5 * Math.Pow(10, power)]);
            var (from, to) = (low, high);
            var start = Math.Max(0, steps.FindLastIndex(step => step <= from * 1.0000001));
            var end = steps.FindIndex(step => step >= to * 0.9999999);
            if (end <= start)
                end = Math.Min(start + 1, steps.Count - 1);
            var ticks = steps[start..(end + 1)];
            (low, high) = (ticks[0], ticks[^1]);
            return ticks;
        }

        var every = Math.Max(1, (int)Math.Ceiling((last - first) / Math.Max(1, count)));
        (low, high) = (Math.Pow(10, first), Math.Pow(10, last));
        return [.. Enumerable.Range(0, (int)(last - first) + 1).Where(i => i % every == 0).Select(i => Math.Pow(10, first + i))];
    }
}
