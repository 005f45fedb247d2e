using System.Numerics;

namespace MlOps.Serving;

/// <summary>
/// The lengths to which ragged requests are padded. Without given boundaries: first four steps to a doubling; once enough lengths were
/// seen, the boundaries that minimise the total padding (the optimum over the seen lengths, by dynamic programming). Thread-safe.
/// </summary>
internal sealed class LengthBuckets
{
    private const int FirstFit = 256;
    private const int LastFit = 65536;
    private const int Grain = 4;
    private const int MaximumSteps = 256;

    private readonly Lock _gate = new();
    private readonly int _buckets;
    private readonly bool _given;
    private readonly Dictionary<int, long> _seen = [];
    private int[] _boundaries = [];
    private long _count;
    private long _nextFit = FirstFit;

    public LengthBuckets(IReadOnlyList<int> boundaries, int buckets)
    {
        _given = boundaries.Count > 0;
        _buckets = Math.Max(1, buckets);
        _boundaries = [.. boundaries];
        for (var i = 0; i < _boundaries.Length; i++)
        {
            if (_boundaries[i] < 1 || (i > 0 && _boundaries[i] <= _boundaries[i - 1]))
                throw new InvalidDefinitionException($"RaggedOptions.Boundaries holds {_boundaries[i]} at position {i + 1}: boundaries are positive and rise.");
        }
    }

    /// <summary>The boundaries in force; empty while the grid is.</summary>
    public IReadOnlyList<int> Boundaries => Volatile.Read(ref _boundaries);

    /// <summary>The length to pad to.</summary>
    /// <param name="length">The request's length.</param>
    /// <returns>At least the length; the length itself beyond the last boundary that was given.</returns>
    public int Fit(int length)
    {
        if (!_given)
            Note(length);
        var boundaries = Volatile.Read(ref _boundaries);
        var at = boundaries.AsSpan().BinarySearch(length);
        if (at >= 0)
            return length;
        at = ~at;
        return at < boundaries.Length ? boundaries[at] : _given ? length : Grid(length);
    }

    /// <summary>Four steps to a doubling, at least 8 apart.</summary>
    public static int Grid(int length)
    {
        var step = Math.Max(8, (int)(BitOperations.RoundUpToPowerOf2((uint)Math.Max(1, length)) >> 3));
        return checked((int)((length + (long)step - 1) / step * step));
    }

    /// <summary>The boundaries among the multiples of the grain that minimise the sum of padding.</summary>
    public static int[] Optimum(IEnumerable<KeyValuePair<int, long>> seen, int buckets)
    {
        // Beyond so many different lengths only the grid's are candidates, so that the quadratic search stays small.
        var exact = seen.GroupBy(pair => (pair.Key + Grain - 1) / Grain * Grain).OrderBy(group => group.Key).Select(group => (Length: group.Key, Count: group.Sum(pair => pair.Value))).ToArray();
        if (exact.Length > MaximumSteps)
            exact = [.. exact.GroupBy(point => Grid(point.Length)).Select(group => (group.Key, group.Sum(point => point.Count)))];
        var n = exact.Length;
        buckets = Math.Min(buckets, n);
        var before = new long[n + 1];
        for (var i = 0; i < n; i++)
            before[i + 1] = before[i] + exact[i].Count;
        var cost = new long[buckets + 1, n + 1];
        var from = new int[buckets + 1, n + 1];
        for (var i = 1; i <= n; i++)
            cost[0, i] = long.MaxValue / 4;
        for (var k = 1; k <= buckets; k++)
        {
            for (var i = 1; i <= n; i++)
            {
                cost[k, i] = long.MaxValue / 4;
                for (var j = k - 1; j < i; j++)
                {
                    var padded = cost[k - 1, j] + ((before[i] - before[j]) * exact[i - 1].Length);
                    if (padded < cost[k, i])
                        (cost[k, i], from[k, i]) = (padded, j);
                }
            }
        }

        var result = new int[buckets];
        for (int k = buckets, i = n; k > 0; i = from[k, i], k--)
            result[k - 1] = exact[i - 1].Length;
        return result;
    }

    private void Note(int length)
    {
        KeyValuePair<int, long>[] seen;
        lock (_gate)
        {
            _seen[length] = _seen.GetValueOrDefault(length) + 1;
            if (++_count < _nextFit || _nextFit > LastFit)
                return;
            _nextFit *= 4;
            seen = [.. _seen];
        }

        Volatile.Write(ref _boundaries, Optimum(seen, _buckets));
    }
}
