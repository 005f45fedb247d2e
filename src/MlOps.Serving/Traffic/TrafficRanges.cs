namespace MlOps.Serving;

/// <summary>
/// Divides 2^32 units among versions. On a change every version keeps what it has up to its new size and only the difference moves, so
/// that growing a share never takes a unit away from it.
/// </summary>
internal static class TrafficRanges
{
    public const long Units = 1L << 32;

    public static IReadOnlyList<TrafficRange> Rebalance(IReadOnlyList<TrafficRange> current, IReadOnlyList<(string Version, double Share)> wanted)
    {
        var missing = Sizes(wanted);
        var kept = new List<TrafficRange>();
        var free = new List<(long Start, long End)>();
        if (current.Count == 0)
            free.Add((0, Units));
        foreach (var range in current)
        {
            var keep = Math.Min(range.End - range.Start, missing.GetValueOrDefault(range.Version));
            if (keep > 0)
            {
                kept.Add(range with { End = range.Start + keep });
                missing[range.Version] -= keep;
            }

            if (range.Start + keep < range.End)
                free.Add((range.Start + keep, range.End));
        }

        var next = 0;
        foreach (var (version, _) in wanted)
        {
            while (missing[version] > 0)
            {
                var (start, end) = free[next];
                var take = Math.Min(end - start, missing[version]);
                kept.Add(new TrafficRange(start, start + take, version));
                missing[version] -= take;
                if (start + take == end)
                    next++;
                else
                    free[next] = (start + take, end);
            }
        }

        return Merge(kept);
    }

    // Whole units that add up: rounding goes to the largest share.
    private static Dictionary<string, long> Sizes(IReadOnlyList<(string Version, double Share)> wanted)
    {
        var sizes = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var (version, share) in wanted)
            sizes[version] = Math.Max(1, (long)Math.Round(share * Units));
        sizes[wanted.MaxBy(pair => pair.Share).Version] += Units - sizes.Values.Sum();
        return sizes;
    }

    private static List<TrafficRange> Merge(List<TrafficRange> ranges)
    {
        var merged = new List<TrafficRange>(ranges.Count);
        foreach (var range in ranges.OrderBy(range => range.Start))
        {
            if (merged.Count > 0 && merged[^1].Version == range.Version && merged[^1].End == range.Start)
                merged[^1] = merged[^1] with { End = range.End };
            else
                merged.Add(range);
        }

        return merged;
    }
}
