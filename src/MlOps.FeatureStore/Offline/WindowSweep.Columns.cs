namespace MlOps.Features;

internal sealed partial class WindowSweep
{
    private long[] _extremes = [];

    private void RunByColumn(ReadOnlySpan<int> places, FeatureOutput?[] outputs)
    {
        var count = Rows.Count;
        for (var c = 0; c < _totals.Length; c++)
            _totals[c]?.Build(Rows.Fixed[c].AsSpan(0, count), (_plan.Uses[c] & ColumnUse.Squares) != 0);
        RankColumns();
        foreach (var job in _jobs)
        {
            foreach (var fold in job.Folds)
            {
                switch (fold.Kind)
                {
                    case FoldKind.Totals:
                        WriteTotals(job, fold, places);
                        break;
                    case FoldKind.Extremes:
                        WriteExtremes(job, fold, places);
                        break;
                    case FoldKind.Last:
                        WriteLast(job, fold, places, outputs);
                        break;
                    default:
                        WriteRanked(job, fold, places);
                        break;
                }
            }
        }
    }

    private void RankColumns()
    {
        for (var c = 0; c < _buckets.Length; c++)
            _buckets[c]?.RankBuckets(Rows.Fixed[c].AsSpan(0, Rows.Count));
        for (var c = 0; c < _hashes.Length; c++)
            _hashes[c]?.RankHashes(Rows.Hashed[c].AsSpan(0, Rows.Count));
    }

    private void WriteTotals(WindowJob job, WindowFold fold, ReadOnlySpan<int> places)
    {
        var totals = _totals[fold.Column]!;
        var scale = _plan.Fixed[fold.Column].Scale;
        var low = job.Low.AsSpan(0, places.Length);
        var high = job.High.AsSpan(0, places.Length);
        for (var k = 0; k < fold.Features.Length; k++)
        {
            var function = _plan.Features[fold.Features[k]].Function;
            var sink = fold.Sinks[k];
            switch (function)
            {
                case AggregateFunction.Count:
                    for (var i = 0; i < places.Length; i++)
                        sink.Put(places[i], totals.CountOf(low[i], high[i]));
                    break;
                case AggregateFunction.Sum when totals.IsNarrow:
                    var sums = totals.Sums;
                    for (var i = 0; i < low.Length; i++)
                        sink.Put(places[i], Totals.OfUnits(sums[high[i]] - sums[low[i]], scale));
                    break;
                case AggregateFunction.Mean when totals.IsNarrow:
                    for (var i = 0; i < places.Length; i++)
                    {
                        var present = totals.CountOf(low[i], high[i]);
                        sink.Put(places[i], present == 0 ? double.NaN : Totals.OfMean(totals.SumOf(low[i], high[i]), present, scale));
                    }

                    break;
                default:
                    for (var i = 0; i < places.Length; i++)
                        sink.Put(places[i], totals.Of(low[i], high[i], fold.WithSquares).Finish(function, scale));
                    break;
            }
        }
    }

    // Two stacks instead of a queue: the rows before a seam have the extreme of themselves and all up to the seam, those behind it have one running
    // extreme. When a window leaves the seam behind, a new one is set at its end. Unlike a monotonic queue this has no branch that values decide.
    private void WriteExtremes(WindowJob job, WindowFold fold, ReadOnlySpan<int> places)
    {
        var scale = _plan.Fixed[fold.Column].Scale;
        var units = Rows.Fixed[fold.Column].AsSpan(0, Rows.Count);
        Ensure(ref _extremes, Rows.Count);
        for (var k = 0; k < fold.Features.Length; k++)
        {
            var sink = fold.Sinks[k];
            if (_plan.Features[fold.Features[k]].Function == AggregateFunction.Min)
                WriteLeast(job, units, places, scale, sink);
            else
                WriteGreatest(job, units, places, scale, sink);
        }
    }

    private void WriteLeast(WindowJob job, ReadOnlySpan<long> units, ReadOnlySpan<int> places, int scale, NumberSink sink)
    {
        var lows = job.Low.AsSpan(0, places.Length);
        var highs = job.High.AsSpan(0, places.Length);
        var least = _extremes.AsSpan(0, units.Length);
        int seam = 0, next = 0;
        var running = long.MaxValue;
        for (var i = 0; i < places.Length; i++)
        {
            int low = lows[i], high = highs[i];
            if (low >= seam)
            {
                seam = next = high;
                running = long.MaxValue;
                for (var row = high - 1; row >= low; row--)
                    least[row] = running = Math.Min(running, Known(units[row]));
                running = long.MaxValue;
            }

            for (; next < high; next++)
                running = Math.Min(running, Known(units[next]));
            var value = low < seam ? Math.Min(running, least[low]) : running;
            sink.Put(places[i], value == long.MaxValue ? double.NaN : Totals.OfUnits(value, scale));
        }
    }

    // What is missing is less than every value.
    private void WriteGreatest(WindowJob job, ReadOnlySpan<long> units, ReadOnlySpan<int> places, int scale, NumberSink sink)
    {
        var lows = job.Low.AsSpan(0, places.Length);
        var highs = job.High.AsSpan(0, places.Length);
        var greatest = _extremes.AsSpan(0, units.Length);
        int seam = 0, next = 0;
        var running = ViewPlan.Missing;
        for (var i = 0; i < places.Length; i++)
        {
            int low = lows[i], high = highs[i];
            if (low >= seam)
            {
                seam = next = high;
                running = ViewPlan.Missing;
                for (var row = high - 1; row >= low; row--)
                    greatest[row] = running = Math.Max(running, units[row]);
                running = ViewPlan.Missing;
            }

            for (; next < high; next++)
                running = Math.Max(running, units[next]);
            var value = low < seam ? Math.Max(running, greatest[low]) : running;
            sink.Put(places[i], value == ViewPlan.Missing ? double.NaN : Totals.OfUnits(value, scale));
        }
    }

    private static long Known(long units) => units == ViewPlan.Missing ? long.MaxValue : units;

    private void WriteLast(WindowJob job, WindowFold fold, ReadOnlySpan<int> places, FeatureOutput?[] outputs)
    {
        foreach (var f in fold.Features)
        {
            var place = (int)_plan.Features[f].Parameter;
            for (var i = 0; i < places.Length; i++)
            {
                var row = job.High[i] - place;
                _picks[i] = row >= job.Low[i] ? row : -1;
            }

            Rows.Gather(fold.Column, _picks.AsSpan(0, places.Length), places, outputs[f]!);
        }
    }

    private void WriteRanked(WindowJob job, WindowFold fold, ReadOnlySpan<int> places)
    {
        var values = fold.Kind == FoldKind.Buckets ? _buckets[fold.Column]! : _hashes[fold.Column]!;
        var counter = fold.Counter!;
        counter.Reset(values.Count);
        int left = 0, entered = 0;
        for (var i = 0; i < places.Length; i++)
        {
            int low = job.Low[i], high = job.High[i];
            for (; left < Math.Min(low, entered); left++)
            {
                if (values.Rank[left] >= 0)
                    counter.Remove(values.Rank[left]);
            }

            for (left = low, entered = Math.Max(entered, low); entered < high; entered++)
            {
                if (values.Rank[entered] >= 0)
                    counter.Add(values.Rank[entered]);
            }

            WriteRanked(fold, values, places[i]);
        }
    }

    private void WriteRanked(WindowFold fold, RankedValues values, int place)
    {
        var counter = fold.Counter!;
        for (var k = 0; k < fold.Features.Length; k++)
        {
            ref readonly var feature = ref _plan.Features[fold.Features[k]];
            double value;
            if (fold.Kind == FoldKind.Distinct)
            {
                var size = (int)feature.Parameter;
                value = counter.Count < size ? counter.Count : DistinctEstimate.OfSmallest(values.Distinct[counter.At(size - 1)], size);
            }
            else
            {
                value = counter.Count == 0
                    ? double.NaN
                    : QuantileBuckets.Middle(values.BucketOf(counter.At((int)QuantileBuckets.Place(feature.Parameter, counter.Count)))) / _plan.Fixed[feature.Column].Scale;
            }

            fold.Sinks[k].Put(place, value);
        }
    }
}
