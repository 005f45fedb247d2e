using System.Numerics;

namespace MlOps.Features.Tests;

/// <summary>The semantics written down naively: every feature of every question is folded over all rows.</summary>
internal static class Oracle
{
    /// <summary>The features in order: float, double, long, bool, string or Timestamp; null, or NaN of a float, where there is none.</summary>
    public static object?[] Ask(FeatureView view, IReadOnlyList<RawRow> rows, string key1, string key2, long now, long known)
    {
        // OrderBy is stable, so arrival breaks the remaining ties.
        var mine = rows.Where(row => row.Key1 == key1 && (view.Keys.Count == 1 || row.Key2 == key2) && row.Event <= now && Known(view, row) <= known)
            .OrderBy(row => row.Event).ThenBy(row => Known(view, row)).ToList();
        if (view.IsUpsert)
            mine = [.. mine.GroupBy(row => (row.Event, Known(view, row))).Select(same => same.Last())];
        var values = new List<object?>();
        foreach (var aggregation in view.Aggregations)
        {
            foreach (var window in aggregation.Windows)
            {
                var inside = mine.Where(row => Holds(window, now, row.Event)).ToArray();
                foreach (var function in aggregation.Functions)
                    values.AddRange(Fold(aggregation, function, inside).Select(value => aggregation.Type == DataType.Float64 ? (object)value : (float)value));
            }
        }

        foreach (var last in view.LastValues)
        {
            var newest = mine.LastOrDefault();
            var isFresh = newest is not null && (last.TimeToLive is not { } ttl || now - newest.Event <= ttl.Ticks / 10);
            var value = isFresh ? Raw(newest!, last.Column) : null;
            values.Add(last.Type switch
            {
                DataType.Float32 => value is null ? float.NaN : (float)Number(value),
                DataType.Float64 => value is null ? double.NaN : Number(value),
                _ => value,
            });
        }

        return [.. values];
    }

    private static bool Holds(FeatureWindow window, long now, long time)
    {
        if (window.Kind == FeatureWindowKind.Lifetime)
            return true;
        var length = window.Length.Ticks / 10;
        if (window.Kind == FeatureWindowKind.Tumbling)
        {
            var end = Floor(now, length);
            return time >= end - length && time < end;
        }

        return time >= Floor(now - length, window.Hop.Ticks / 10);
    }

    private static long Floor(long value, long step) => (long)Math.Floor((decimal)value / step) * step;

    private static IEnumerable<double> Fold(AggregatedColumn aggregation, FeatureAggregate aggregate, RawRow[] inside)
    {
        if (aggregate.Function == AggregateFunction.LastN)
        {
            for (var place = 1; place <= (int)aggregate.Parameter; place++)
            {
                var value = place <= inside.Length && Raw(inside[^place], aggregation.Column) is { } raw ? Number(raw) : double.NaN;
                yield return aggregation.Type == DataType.Float32 ? (float)value : value;
            }

            yield break;
        }

        var present = inside.Select(row => Raw(row, aggregation.Column)).Where(value => value is not (null or double.NaN)).Select(value => value!).ToArray();
        if (aggregate.Function == AggregateFunction.DistinctCount)
        {
            yield return Distinct(present, (int)aggregate.Parameter);
            yield break;
        }

        var units = present.Select(value => new BigInteger(Math.Round(Number(value) * aggregation.Scale))).Order().ToArray();
        var sum = units.Aggregate(BigInteger.Zero, (total, unit) => total + unit);
        double n = units.Length, scale = aggregation.Scale;
        yield return aggregate.Function switch
        {
            AggregateFunction.Count => n,
            AggregateFunction.Sum => (double)sum / scale,
            _ when units.Length == 0 => double.NaN,
            AggregateFunction.Mean => (double)sum / (scale * n),
            AggregateFunction.Min => (double)units[0] / scale,
            AggregateFunction.Max => (double)units[^1] / scale,
            AggregateFunction.Variance => Variance(),
            AggregateFunction.StandardDeviation => Math.Sqrt(Variance()),
            AggregateFunction.Quantile => QuantileBuckets.Middle(QuantileBuckets.Of((long)units[(int)(aggregate.Parameter * (units.Length - 1))])) / scale,
            _ => throw new InvalidOperationException($"{aggregate}"),
        };

        double Variance()
        {
            var squares = units.Aggregate(BigInteger.Zero, (total, unit) => total + unit * unit);
            return Rounded(units.Length * squares - sum * sum) / (n * n) / (scale * scale);
        }
    }

    // BigInteger's own conversion cuts digits off instead of rounding; what is under test may round twice, so only exact cases are compared by bits elsewhere.
    private static double Rounded(BigInteger value) => value < (BigInteger)UInt128.MaxValue ? (double)(UInt128)value : (double)value;

    private static double Distinct(object[] values, int size)
    {
        var hashes = values.Select(value => (ulong)(value is string text ? ValueHash.Of(text) : value is long or bool ? ValueHash.Of((long)Number(value)) : ValueHash.Of((double)value)))
            .Distinct().Order().ToArray();
        var exact = values.Distinct().Count();
        if (hashes.Length != exact)
            throw new InvalidOperationException("Two values share a hash.");
        return exact < size ? exact : (size - 1) / ((hashes[size - 1] + 1.0) / Math.Pow(2, 64));
    }

    private static object? Raw(RawRow row, string column) => column switch
    {
        "delay" => row.Delay,
        "late" => row.Late,
        "level" => row.Level,
        "label" => row.Label,
        "number" => row.Number,
        "seen" => row.Number is { } number ? new Timestamp(number) : null,
        _ => throw new InvalidOperationException(column),
    };

    private static double Number(object value) => value switch
    {
        bool flag => flag ? 1 : 0,
        long number => number,
        _ => (double)value,
    };

    private static long Known(FeatureView view, RawRow row) => view.AvailableAtColumn is null ? row.Event : row.Known;
}
