using System.Globalization;

namespace MlOps.Features;

/// <summary>Finds the duration that explains most: a coarse grid, then finer ones between its best point's neighbours, then the roundest duration of those that are as good.</summary>
internal static class DurationSearch
{
    private const int Steps = 16;
    private static readonly long[] Units =
    [
        .. new[] { TimeSpan.FromDays(1), TimeSpan.FromHours(12), TimeSpan.FromHours(6), TimeSpan.FromHours(1), TimeSpan.FromMinutes(30), TimeSpan.FromMinutes(15), TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(1) }
            .Select(unit => unit.Ticks / 10),
    ];

    /// <summary>Durations in microseconds, each longer than the one before by a ratio.</summary>
    public static long[] Grid(TimeSpan from, TimeSpan to, double ratio)
    {
        var grid = new List<long>();
        for (var at = from.Ticks / 10.0; at <= to.Ticks / 10.0; at *= ratio)
            grid.Add((long)at);
        return [.. grid];
    }

    /// <param name="grid">The coarse grid, ascending; negative durations allowed.</param>
    /// <param name="predict">One hypothesis per duration.</param>
    /// <param name="score">How much a hypothesis explains.</param>
    /// <param name="near">How near its predictions come, by which the finer grids are laid: a peak of the score may be narrower than the coarse one.</param>
    public static (long Duration, Hypothesis Best) Find(long[] grid, Func<long[], Hypothesis[]> predict, Func<Hypothesis, double> score, Func<Hypothesis, double>? near = null)
    {
        var tried = new SortedDictionary<long, (Hypothesis Hypothesis, double Score, double Near)>();
        Try(grid);
        for (var round = 0; round < 3; round++)
        {
            var (low, high) = Neighbours();
            var step = Math.Max(1, (high - low) / Steps);
            Try([.. Enumerable.Range(1, Steps).Select(i => low + i * step).Where(duration => duration < high)]);
        }

        var (from, to) = Plateau();
        var rounded = Roundest(from, to);
        Try([rounded]);
        var most = tried.Values.Max(pair => pair.Score);
        var chosen = tried[rounded].Score >= most ? rounded : tried.First(pair => pair.Value.Score >= most).Key;
        return (chosen, tried[chosen].Hypothesis);

        void Try(long[] durations)
        {
            durations = [.. durations.Where(duration => !tried.ContainsKey(duration)).Distinct()];
            if (durations.Length == 0)
                return;
            var hypotheses = predict(durations);
            for (var i = 0; i < durations.Length; i++)
                tried[durations[i]] = (hypotheses[i], score(hypotheses[i]), near?.Invoke(hypotheses[i]) ?? 0);
        }

        // The widest run of best points, and what lies just outside it.
        (long Low, long High) Neighbours()
        {
            var keys = tried.Keys.ToArray();
            var (first, last) = Run(keys, pair => pair.Score + pair.Near);
            return (keys[Math.Max(0, first - 1)], keys[Math.Min(keys.Length - 1, last + 1)]);
        }

        (long From, long To) Plateau()
        {
            var keys = tried.Keys.ToArray();
            var (first, last) = Run(keys, pair => pair.Score);
            return (keys[first], keys[last]);
        }

        (int First, int Last) Run(long[] keys, Func<(Hypothesis Hypothesis, double Score, double Near), double> by)
        {
            var best = tried.Values.Max(by);
            int first = 0, last = -1;
            for (var i = 0; i < keys.Length; i++)
            {
                if (by(tried[keys[i]]) < best)
                    continue;
                var end = i;
                while (end + 1 < keys.Length && by(tried[keys[end + 1]]) >= best)
                    end++;
                if (end - i > last - first)
                    (first, last) = (i, end);
                i = end;
            }

            return (first, last);
        }
    }

    public static string Text(TimeSpan duration)
    {
        var sign = duration < TimeSpan.Zero ? "-" : "";
        duration = duration.Duration();
        return sign + (duration >= TimeSpan.FromDays(2) ? string.Create(CultureInfo.InvariantCulture, $"{duration.TotalDays:0.#} d")
            : duration >= TimeSpan.FromHours(2) ? string.Create(CultureInfo.InvariantCulture, $"{duration.TotalHours:0.##} h")
            : duration >= TimeSpan.FromMinutes(2) ? string.Create(CultureInfo.InvariantCulture, $"{duration.TotalMinutes:0.##} min")
            : string.Create(CultureInfo.InvariantCulture, $"{duration.TotalSeconds:0.###} s"));
    }

    private static long Roundest(long from, long to)
    {
        foreach (var unit in Units)
        {
            var rounded = (long)Math.Ceiling(from / (double)unit) * unit;
            if (rounded >= from && rounded <= to && rounded != 0)
                return rounded;
        }

        return from + (to - from) / 2;
    }
}
