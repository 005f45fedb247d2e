using System.Numerics;

namespace MlOps.Features.Tests;

/// <summary>The semantics written down naively: every feature of every question is folded over all rows.</summary>
internal static class Oracle
{
    public static float[] Ask(FeatureView view, IReadOnlyList<RawRow> rows, string key1, string key2, long now, long known)
    {
        var mine = rows.Where(row => row.Key1 == key1 && (view.Keys.Count == 1 || row.Key2 == key2) && row.Event <= now && Known(view, row) <= known).ToArray();
        var values = new List<float>();
        foreach (var aggregation in view.Aggregations)
        {
            foreach (var window in aggregation.Windows)
            {
                var hop = window.Hop.Ticks / 10;
                var start = now - window.Length.Ticks / 10;
                var tail = (long)Math.Floor((decimal)start / hop) * hop;
                var inside = mine.Where(row => row.Event >= tail).Select(row => aggregation.Column == "delay" ? row.Delay : row.Late is { } late ? late ? 1 : 0 : null)
                    .Where(value => value is { } number && !double.IsNaN(number)).ToArray();
                var units = inside.Aggregate(BigInteger.Zero, (sum, value) => sum + new BigInteger(Math.Round(value!.Value * aggregation.Scale)));
                foreach (var function in aggregation.Functions)
                {
                    values.Add(function switch
                    {
                        AggregateFunction.Count => inside.Length,
                        AggregateFunction.Sum => (float)((double)units / aggregation.Scale),
                        _ => inside.Length == 0 ? float.NaN : (float)((double)units / ((double)aggregation.Scale * inside.Length)),
                    });
                }
            }
        }

        foreach (var last in view.LastValues)
        {
            // OrderBy is stable, so arrival breaks the remaining ties.
            var newest = mine.OrderBy(row => row.Event).ThenBy(row => Known(view, row)).LastOrDefault();
            var isFresh = newest is not null && (last.TimeToLive is not { } ttl || now - newest.Event <= ttl.Ticks / 10);
            values.Add(isFresh && newest!.Level is { } level ? (float)level : float.NaN);
        }

        return [.. values];
    }

    private static long Known(FeatureView view, RawRow row) => view.AvailableAtColumn is null ? row.Event : row.Known;
}
