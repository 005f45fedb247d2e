namespace MlOps.Features;

internal sealed partial class WindowSweep
{
    private readonly VisibleRows _visible = new();
    private readonly ExtremeTree?[] _trees;

    // Rows become visible in another order than they happened.
    private void RunByRow(ReadOnlySpan<int> places, FeatureOutput?[] outputs)
    {
        var count = Rows.Count;
        RankColumns();
        var needsVisible = false;
        foreach (var tree in _trees)
            tree?.Reset(count);
        foreach (var fold in _jobs.SelectMany(job => job.Folds))
        {
            fold.Running = Totals.Empty;
            fold.Counter?.Reset(fold.Kind == FoldKind.Buckets ? _buckets[fold.Column]!.Count : _hashes[fold.Column]!.Count);
            if (fold.Kind == FoldKind.Last)
            {
                needsVisible = true;
                Ensure(ref fold.Newest, fold.Depth * places.Length);
            }
        }

        if (needsVisible)
            _visible.Reset(count);
        int next = 0, newest = -1;
        var before = long.MinValue;
        for (var i = 0; i < places.Length; i++)
        {
            var now = _moments[i];
            var first = next;
            for (; next < count && _entering[next] <= now; next++)
            {
                var row = _enteringRow[next];
                newest = Math.Max(newest, row);
                if (needsVisible)
                    _visible.Add(row);
                for (var c = 0; c < _trees.Length; c++)
                {
                    if (_trees[c] is { } tree && Rows.Fixed[c][row] != ViewPlan.Missing)
                        tree.Fill(row, Rows.Fixed[c][row]);
                }
            }

            _newest[i] = newest;
            foreach (var job in _jobs)
            {
                Step(job, i, _enteringRow.AsSpan(first, next - first), before);
                Write(job, i, places);
            }

            before = now;
        }

        foreach (var fold in _jobs.SelectMany(job => job.Folds).Where(fold => fold.Kind == FoldKind.Last))
        {
            foreach (var f in fold.Features)
                Rows.Gather(fold.Column, fold.Newest.AsSpan(((int)_plan.Features[f].Parameter - 1) * places.Length, places.Length), places, outputs[f]!);
        }
    }

    private void Step(WindowJob job, int step, ReadOnlySpan<int> entered, long before)
    {
        int low = job.Low[step], high = job.High[step];
        var (formerLow, formerHigh) = step == 0 ? (0, 0) : (job.Low[step - 1], job.High[step - 1]);
        foreach (var fold in job.Folds)
        {
            if (fold.Kind is FoldKind.Extremes or FoldKind.Last)
                continue;
            for (var row = formerLow; row < Math.Min(low, formerHigh); row++)
            {
                if (_visibleAt[row] <= before)
                    Remove(fold, row);
            }

            foreach (var row in entered)
            {
                if (row >= low && row < high)
                    Add(fold, row);
            }

            // A tumbling window grows by rows that were visible before.
            for (var row = Math.Max(formerHigh, low); row < high; row++)
            {
                if (_visibleAt[row] <= before)
                    Add(fold, row);
            }
        }
    }

    private void Write(WindowJob job, int step, ReadOnlySpan<int> places)
    {
        int low = job.Low[step], high = job.High[step];
        foreach (var fold in job.Folds)
        {
            switch (fold.Kind)
            {
                case FoldKind.Totals:
                    for (var k = 0; k < fold.Features.Length; k++)
                        fold.Sinks[k].Put(places[step], fold.Running.Finish(_plan.Features[fold.Features[k]].Function, _plan.Fixed[fold.Column].Scale));
                    break;
                case FoldKind.Extremes:
                    var (least, greatest) = _trees[fold.Column]!.Over(low, high);
                    for (var k = 0; k < fold.Features.Length; k++)
                    {
                        var value = _plan.Features[fold.Features[k]].Function == AggregateFunction.Min ? least : greatest;
                        fold.Sinks[k].Put(places[step], least > greatest ? double.NaN : Totals.OfUnits(value, _plan.Fixed[fold.Column].Scale));
                    }

                    break;
                case FoldKind.Last:
                    var row = high;
                    for (var place = 0; place < fold.Depth; place++)
                    {
                        row = row < 0 ? -1 : _visible.Below(row);
                        row = row < low ? -1 : row;
                        fold.Newest[place * places.Length + step] = row;
                    }

                    break;
                default:
                    WriteRanked(fold, fold.Kind == FoldKind.Buckets ? _buckets[fold.Column]! : _hashes[fold.Column]!, places[step]);
                    break;
            }
        }
    }

    private void Add(WindowFold fold, int row)
    {
        if (fold.Kind != FoldKind.Totals)
        {
            var rank = (fold.Kind == FoldKind.Buckets ? _buckets : _hashes)[fold.Column]!.Rank[row];
            if (rank >= 0)
                fold.Counter!.Add(rank);
            return;
        }

        var units = Rows.Fixed[fold.Column][row];
        if (units == ViewPlan.Missing)
            return;
        fold.Running.Count++;
        fold.Running.Sum += units;
        if (fold.WithSquares)
            fold.Running.Squares += (UInt128)((Int128)units * units);
    }

    private void Remove(WindowFold fold, int row)
    {
        if (fold.Kind != FoldKind.Totals)
        {
            var rank = (fold.Kind == FoldKind.Buckets ? _buckets : _hashes)[fold.Column]!.Rank[row];
            if (rank >= 0)
                fold.Counter!.Remove(rank);
            return;
        }

        var units = Rows.Fixed[fold.Column][row];
        if (units == ViewPlan.Missing)
            return;
        fold.Running.Count--;
        fold.Running.Sum -= units;
        if (fold.WithSquares)
            fold.Running.Squares -= (UInt128)((Int128)units * units);
    }
}
