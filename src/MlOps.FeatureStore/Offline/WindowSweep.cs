namespace MlOps.Features;

/// <summary>
/// Computes a view's features at many moments of one entity in one pass. Rows enter by the moment at which they can be seen,
/// max(event time, availability + delay), and leave each window by event time; a row that left before it could be seen never enters.
/// </summary>
internal sealed class WindowSweep
{
    private readonly ViewPlan _plan;
    private readonly int _stride;
    private readonly long[] _sums;
    private readonly long[] _tails;
    private readonly int[] _leaving;
    private long[] _visibleAt = [];
    private long[] _entering = [];
    private int[] _enteringRow = [];

    public WindowSweep(ViewPlan plan)
    {
        _plan = plan;
        Rows = new EntityRows(plan);
        _stride = 2 * plan.Fixed.Length;
        _sums = new long[_stride * plan.Windows.Length];
        _tails = new long[plan.Windows.Length];
        _leaving = new int[plan.Windows.Length];
    }

    public EntityRows Rows { get; }

    /// <summary>Sweeps over <see cref="Rows"/>.</summary>
    /// <param name="times">The moments, by spine row.</param>
    /// <param name="spineRows">The spine rows of this entity in order of time.</param>
    /// <param name="corrected">Whether availability is ignored.</param>
    /// <param name="delay">What is added to availability, in microseconds.</param>
    /// <param name="outputs">By feature, by spine row; null for a feature that is not wanted.</param>
    public void Run(long[] times, ReadOnlySpan<int> spineRows, bool corrected, long delay, float[]?[] outputs)
    {
        Array.Clear(_sums);
        Array.Clear(_leaving);
        Array.Fill(_tails, long.MinValue);
        var count = Rows.Count;
        var events = Rows.Event.AsSpan(0, count);
        var byEvent = corrected || (!Rows.HasLateKnowledge && delay == 0);
        if (!byEvent)
            OrderByVisibility(count, delay);
        var visibleAt = byEvent ? events : _visibleAt.AsSpan(0, count);
        var entering = byEvent ? events : _entering.AsSpan(0, count);

        int next = 0, newest = -1;
        var before = long.MinValue;
        foreach (var spineRow in spineRows)
        {
            var now = times[spineRow];
            for (var w = 0; w < _tails.Length; w++)
            {
                var tail = _plan.Low(w, now);
                _tails[w] = tail;
                ref var leaving = ref _leaving[w];
                while (leaving < count && events[leaving] < tail)
                {
                    if (visibleAt[leaving] <= before)
                        Subtract(leaving, w * _stride);
                    leaving++;
                }
            }

            while (next < count && entering[next] <= now)
            {
                var row = byEvent ? next : _enteringRow[next];
                next++;
                if (row > newest)
                    newest = row;
                for (var w = 0; w < _tails.Length; w++)
                {
                    if (events[row] >= _tails[w])
                        Add(row, w * _stride);
                }
            }

            before = now;
            Write(spineRow, now, newest, outputs);
        }
    }

    private void Write(int spineRow, long now, int newest, float[]?[] outputs)
    {
        var features = _plan.Features;
        for (var f = 0; f < features.Length; f++)
        {
            if (outputs[f] is not { } output)
                continue;
            ref readonly var feature = ref features[f];
            if (feature.Window >= 0)
            {
                var at = feature.Window * _stride + 2 * feature.Column;
                output[spineRow] = Finish(feature.Function, _sums[at], _sums[at + 1], _plan.Fixed[feature.Column].Scale);
            }
            else
            {
                output[spineRow] = newest >= 0 && now - Rows.Event[newest] <= feature.TimeToLive ? Rows.Plain[feature.Column][newest] : float.NaN;
            }
        }
    }

    private static float Finish(AggregateFunction function, long count, long sum, int scale) => (float)new Totals { Count = count, Sum = sum }.Finish(function, scale);

    private void Add(int row, int at)
    {
        var sums = _sums;
        foreach (var column in Rows.Fixed)
        {
            var units = column[row];
            if (units != ViewPlan.Missing)
            {
                sums[at]++;
                sums[at + 1] += units;
            }

            at += 2;
        }
    }

    private void Subtract(int row, int at)
    {
        var sums = _sums;
        foreach (var column in Rows.Fixed)
        {
            var units = column[row];
            if (units != ViewPlan.Missing)
            {
                sums[at]--;
                sums[at + 1] -= units;
            }

            at += 2;
        }
    }

    // Rows come by event time and become visible in nearly that order, so an insertion sort that moves blocks wins until it has moved too much.
    private void OrderByVisibility(int count, long delay)
    {
        if (_visibleAt.Length < count)
        {
            var size = Math.Max(count, _visibleAt.Length * 2);
            _visibleAt = new long[size];
            _entering = new long[size];
            _enteringRow = new int[size];
        }

        var events = Rows.Event;
        var available = Rows.Available;
        for (var i = 0; i < count; i++)
        {
            _visibleAt[i] = _entering[i] = Math.Max(events[i], available[i] + delay);
            _enteringRow[i] = i;
        }

        var budget = 512L * count;
        for (var i = 1; i < count; i++)
        {
            var key = _entering[i];
            if (key >= _entering[i - 1])
                continue;
            int low = i - 1, step = 1;
            while (low > 0 && _entering[low - 1] > key)
            {
                low = Math.Max(0, low - step);
                step *= 2;
            }

            var at = low + EntityRows.LowerBound(_entering.AsSpan(low, i - low), key + 1);
            budget -= i - at;
            if (budget < 0)
            {
                Array.Sort(_entering, _enteringRow, 0, count);
                return;
            }

            var row = _enteringRow[i];
            Array.Copy(_entering, at, _entering, at + 1, i - at);
            Array.Copy(_enteringRow, at, _enteringRow, at + 1, i - at);
            _entering[at] = key;
            _enteringRow[at] = row;
        }
    }
}
