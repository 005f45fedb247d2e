namespace MlOps.Features;

/// <summary>One window's part in a sweep: where it begins and ends at each step, in event order, and what is folded over it.</summary>
internal sealed class WindowJob
{
    private readonly int _window;
    private FeatureOutput?[]? _bound;
    private int[] _low = [];
    private int[] _high = [];

    public WindowJob(ViewPlan plan, int window, int[] features)
    {
        _window = window;
        Features = features;
        Folds =
        [
            .. features.GroupBy(f => (Kind: WindowFold.KindOf(plan.Features[f].Function), plan.Features[f].Column))
                .Select(group => new WindowFold(plan, group.Key.Kind, group.Key.Column, [.. group])),
        ];
    }

    public int[] Features { get; }

    public WindowFold[] Folds { get; }

    /// <summary>By step, the first row that is not before the window.</summary>
    public int[] Low => _low;

    /// <summary>By step, the first row after it; never before <see cref="Low"/>.</summary>
    public int[] High => _high;

    /// <summary>Finds both ends at each moment.</summary>
    /// <param name="plan">The view.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="moments">The moments, ascending.</param>
    /// <param name="visible">By step, how many rows are visible, where these are the first ones; else null.</param>
    public void Place(ViewPlan plan, EntityRows rows, ReadOnlySpan<long> moments, int[]? visible)
    {
        if (_low.Length < moments.Length)
        {
            _low = new int[Math.Max(moments.Length, 2 * _low.Length)];
            _high = new int[_low.Length];
        }

        var events = rows.Event.AsSpan(0, rows.Count);
        var endsNow = plan.Windows[_window].Kind != FeatureWindowKind.Tumbling;
        int[] lows = _low, highs = _high;
        int low = 0, high = 0;
        var edge = long.MinValue;
        for (var i = 0; i < moments.Length; i++)
        {
            var now = moments[i];
            if (now >= edge)
            {
                var begin = plan.Low(_window, now);
                edge = plan.NextEdge(_window, begin);
                while (low < events.Length && events[low] < begin)
                    low++;
            }

            if (visible is not null && endsNow)
            {
                high = visible[i];
            }
            else
            {
                var end = plan.High(_window, now);
                while (high < events.Length && events[high] <= end)
                    high++;
            }

            lows[i] = low;
            highs[i] = Math.Max(low, visible is null ? high : Math.Min(high, visible[i]));
        }
    }

    public void Bind(FeatureOutput?[] outputs)
    {
        if (ReferenceEquals(_bound, outputs))
            return;
        _bound = outputs;
        foreach (var fold in Folds)
        {
            for (var i = 0; i < fold.Features.Length; i++)
                fold.Sinks[i] = new NumberSink(outputs[fold.Features[i]]!);
        }
    }
}
