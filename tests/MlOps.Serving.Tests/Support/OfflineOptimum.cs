namespace MlOps.Serving.Tests;

/// <summary>What a policy that knows all future requests reaches with a memory budget.</summary>
internal static class OfflineOptimum
{
    /// <summary>Requests for models whose popularity falls with their rank; ranks are dealt at random.</summary>
    public static int[] Zipf(int models, int requests, double skew, Random random)
    {
        var cumulative = new double[models];
        var sum = 0.0;
        for (var i = 0; i < models; i++)
            cumulative[i] = sum += 1 / Math.Pow(i + 1, skew);
        var ranks = Enumerable.Range(0, models).ToArray();
        random.Shuffle(ranks);
        var trace = new int[requests];
        for (var i = 0; i < requests; i++)
        {
            var at = Array.BinarySearch(cumulative, random.NextDouble() * sum);
            trace[i] = ranks[at < 0 ? ~at : at];
        }

        return trace;
    }

    /// <summary>The hit rate of a feasible clairvoyant policy: what would take the most memory until its next request goes (Belady with sizes).</summary>
    public static double Belady(long[] sizes, int[] trace, long budget, int warmUp)
    {
        var next = new int[trace.Length];
        var seen = new Dictionary<int, int>();
        for (var i = trace.Length - 1; i >= 0; i--)
        {
            next[i] = seen.GetValueOrDefault(trace[i], trace.Length * 2);
            seen[trace[i]] = i;
        }

        var loaded = new Dictionary<int, int>();
        long used = 0, hits = 0;
        for (var i = 0; i < trace.Length; i++)
        {
            var model = trace[i];
            if (loaded.ContainsKey(model))
            {
                hits += i >= warmUp ? 1 : 0;
            }
            else
            {
                while (used + sizes[model] > budget)
                {
                    var victim = loaded.MaxBy(pair => (double)(pair.Value - i) * sizes[pair.Key]).Key;
                    loaded.Remove(victim);
                    used -= sizes[victim];
                }

                used += sizes[model];
            }

            loaded[model] = next[i];
        }

        return hits / (double)(trace.Length - warmUp);
    }

    /// <summary>
    /// A hit rate that no policy exceeds: of the intervals between two requests for the same model, the smallest by bytes x time that
    /// together fit budget x time (PFOO-L of Berger, Beckmann and Harchol-Balter, "Practical Bounds on Optimal Caching with Variable
    /// Object Sizes", 2018, which is optimistic since it does not ask when the memory is needed).
    /// </summary>
    public static double UpperBound(long[] sizes, int[] trace, long budget, int warmUp)
    {
        var last = new Dictionary<int, int>();
        var areas = new List<double>();
        for (var i = 0; i < trace.Length; i++)
        {
            if (i >= warmUp && last.TryGetValue(trace[i], out var before))
                areas.Add((double)sizes[trace[i]] * (i - Math.Max(before, warmUp)));
            last[trace[i]] = i;
        }

        areas.Sort();
        var left = (double)budget * (trace.Length - warmUp);
        var hits = areas.TakeWhile(area => (left -= area) >= 0).Count();
        return hits / (double)(trace.Length - warmUp);
    }
}
