namespace MlOps.Features;

/// <summary>
/// Computes a view's features at many moments of one entity in one pass. A row is visible from max(event time, availability + delay) on; what a
/// window holds at a moment is the visible rows between two places in event order, both of which only move forward. Where rows become visible in
/// event order, the visible ones are a run, and each feature is computed column by column; else rows enter and leave one by one, in logarithmic time.
/// One per worker.
/// </summary>
internal sealed partial class WindowSweep
{
    private readonly ViewPlan _plan;
    private readonly WindowJob[] _jobs;
    private readonly int[] _plain;
    private readonly RunningTotals?[] _totals;
    private readonly RankedValues?[] _buckets;
    private readonly RankedValues?[] _hashes;
    private long[] _moments = [];
    private long[] _visibleAt = [];
    private long[] _entering = [];
    private int[] _enteringRow = [];
    private int[] _newest = [];
    private int[] _picks = [];
    private bool _isByEvent;

    /// <param name="plan">The view.</param>
    /// <param name="wanted">By feature, whether it is wanted.</param>
    public WindowSweep(ViewPlan plan, ReadOnlySpan<bool> wanted)
    {
        _plan = plan;
        Rows = new EntityRows(plan);
        var features = new List<int>();
        for (var f = 0; f < wanted.Length; f++)
        {
            if (wanted[f])
                features.Add(f);
        }

        _plain = [.. features.Where(f => plan.Features[f].Window < 0)];
        _jobs = [.. features.Where(f => plan.Features[f].Window >= 0).GroupBy(f => plan.Features[f].Window).Select(group => new WindowJob(plan, group.Key, [.. group]))];
        _totals = new RunningTotals?[plan.Fixed.Length];
        _buckets = new RankedValues?[plan.Fixed.Length];
        _hashes = new RankedValues?[plan.Hashed.Length];
        foreach (var fold in _jobs.SelectMany(job => job.Folds))
        {
            if (fold.Kind == FoldKind.Totals)
                _totals[fold.Column] ??= new RunningTotals();
            else if (fold.Kind == FoldKind.Buckets)
                _buckets[fold.Column] ??= new RankedValues();
            else if (fold.Kind == FoldKind.Distinct)
                _hashes[fold.Column] ??= new RankedValues();
        }

        _trees = new ExtremeTree?[plan.Fixed.Length];
        foreach (var fold in _jobs.SelectMany(job => job.Folds).Where(fold => fold.Kind == FoldKind.Extremes))
            _trees[fold.Column] ??= new ExtremeTree();
    }

    public EntityRows Rows { get; }

    /// <summary>Sweeps over <see cref="Rows"/>.</summary>
    /// <param name="moments">The moments, ascending.</param>
    /// <param name="places">Where the results of each go in the outputs.</param>
    /// <param name="corrected">Whether availability is ignored.</param>
    /// <param name="delay">What is added to availability, in microseconds.</param>
    /// <param name="outputs">By feature; null for one that is not wanted.</param>
    public void Run(ReadOnlySpan<long> moments, ReadOnlySpan<int> places, bool corrected, long delay, FeatureOutput?[] outputs)
    {
        if (Rows.Count == 0)
        {
            WriteNothing(places, outputs);
            return;
        }

        var steps = moments.Length;
        Ensure(ref _moments, steps);
        Ensure(ref _newest, steps);
        Ensure(ref _picks, steps);
        moments.CopyTo(_moments);
        var isRun = SeeInOrder(corrected, delay);
        if (isRun)
        {
            CountVisible(steps);
            foreach (var job in _jobs)
            {
                job.Place(_plan, Rows, _moments.AsSpan(0, steps), _newest);
                job.Bind(outputs);
            }

            RunByColumn(places, outputs);
            for (var i = 0; i < steps && _plain.Length > 0; i++)
                _newest[i]--;
        }
        else
        {
            OrderByVisibility(Rows.Count);
            foreach (var job in _jobs)
            {
                job.Place(_plan, Rows, _moments.AsSpan(0, steps), null);
                job.Bind(outputs);
            }

            RunByRow(places, outputs);
        }

        foreach (var f in _plain)
            WritePlain(in _plan.Features[f], places, outputs[f]!);
    }

    private void WriteNothing(ReadOnlySpan<int> places, FeatureOutput?[] outputs)
    {
        foreach (var f in _plain)
            outputs[f]!.Blank(places);
        foreach (var job in _jobs)
        {
            foreach (var f in job.Features)
            {
                ref readonly var feature = ref _plan.Features[f];
                if (feature.Function == AggregateFunction.LastN)
                {
                    outputs[f]!.Blank(places);
                    continue;
                }

                var value = feature.Function is AggregateFunction.DistinctCount ? 0
                    : feature.Function is AggregateFunction.Quantile ? double.NaN
                    : Totals.Empty.Finish(feature.Function, _plan.Fixed[feature.Column].Scale);
                foreach (var place in places)
                    outputs[f]!.Write(place, value);
            }
        }
    }

    // _newest holds the newest visible row of each step.
    private void WritePlain(in PlannedFeature feature, ReadOnlySpan<int> places, FeatureOutput output)
    {
        var events = Rows.Event;
        for (var i = 0; i < places.Length; i++)
        {
            var row = _newest[i];
            _picks[i] = row >= 0 && _moments[i] - events[row] <= feature.TimeToLive ? row : -1;
        }

        Rows.Gather(feature.Column, _picks.AsSpan(0, places.Length), places, output);
    }

    // When each row becomes visible, and whether that is in event order.
    private bool SeeInOrder(bool corrected, long delay)
    {
        var count = Rows.Count;
        _isByEvent = corrected || (!Rows.HasLateKnowledge && delay == 0);
        if (_isByEvent)
            return true;
        Ensure(ref _visibleAt, count);
        var before = long.MinValue;
        var isOrdered = true;
        for (var i = 0; i < count; i++)
        {
            var at = Math.Max(Rows.Event[i], Rows.Available[i] + delay);
            _visibleAt[i] = at;
            isOrdered &= at >= before;
            before = at;
        }

        return isOrdered;
    }

    // How many rows are visible at each step, into _newest.
    private void CountVisible(int steps)
    {
        var visibleAt = (_isByEvent ? Rows.Event : _visibleAt).AsSpan(0, Rows.Count);
        var newest = _newest.AsSpan(0, steps);
        var moments = _moments.AsSpan(0, steps);
        var visible = 0;
        for (var i = 0; i < moments.Length; i++)
        {
            while (visible < visibleAt.Length && visibleAt[visible] <= moments[i])
                visible++;
            newest[i] = visible;
        }
    }

    // Rows come by event time and become visible in nearly that order, so an insertion sort that moves blocks wins until it has moved too much.
    private void OrderByVisibility(int count)
    {
        Ensure(ref _entering, count);
        Ensure(ref _enteringRow, count);
        for (var i = 0; i < count; i++)
        {
            _entering[i] = _visibleAt[i];
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

    private static void Ensure<T>(ref T[] values, int size)
    {
        if (values.Length < size)
            values = new T[Math.Max(size, 2 * values.Length)];
    }
}
