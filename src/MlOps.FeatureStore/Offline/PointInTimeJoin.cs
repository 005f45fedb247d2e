using System.Runtime.ExceptionServices;

namespace MlOps.Features;

/// <summary>Joins one view to a spine: exactly one result per spine row, in spine order, on all cores.</summary>
internal static class PointInTimeJoin
{
    /// <param name="snapshot">The view's segments.</param>
    /// <param name="keys">The spine's keys; -1 for a row without one.</param>
    /// <param name="times">The spine's moments.</param>
    /// <param name="corrected">Whether availability is ignored.</param>
    /// <param name="delay">What is added to availability, in microseconds.</param>
    /// <param name="outputs">By feature, by spine row; null for a feature that is not wanted.</param>
    /// <param name="cancellationToken">Cancels between entities.</param>
    public static void Run(
        OfflineSnapshot snapshot, KeyCodes keys, long[] times, bool corrected, long delay, float[]?[] outputs, CancellationToken cancellationToken)
    {
        // Code 0 stands for rows without a key, so that they are answered like an unknown entity.
        var starts = new int[keys.Count + 2];
        foreach (var code in keys.Rows)
            starts[code + 2]++;
        for (var i = 1; i < starts.Length; i++)
            starts[i] += starts[i - 1];
        var next = starts.AsSpan(0, starts.Length - 1).ToArray();
        var order = new int[keys.Rows.Length];
        for (var row = 0; row < order.Length; row++)
            order[next[keys.Rows[row] + 1]++] = row;

        var groups = new int[keys.Count + 1];
        groups[0] = -1;
        for (var code = 0; code < keys.Count; code++)
            groups[code + 1] = snapshot.Keys.Find(keys.Parts, code);

        var plan = snapshot.Plan;
        var reach = plan.Features.Any(feature => feature.Window < 0)
            ? plan.Features.Where(feature => feature.Window < 0).Max(feature => feature.TimeToLive)
            : 0;
        if (order.Length < 4096)
        {
            var sweep = new WindowSweep(plan);
            for (var g = 0; g < groups.Length; g++)
                RunGroup(sweep, g);
            return;
        }

        try
        {
            Parallel.For(
                0,
                groups.Length,
                new ParallelOptions { CancellationToken = cancellationToken, MaxDegreeOfParallelism = Environment.ProcessorCount },
                () => new WindowSweep(plan),
                (g, _, sweep) =>
                {
                    RunGroup(sweep, g);
                    return sweep;
                },
                static _ => { });
        }
        catch (AggregateException several) when (several.InnerExceptions[0] is MlOpsException first)
        {
            // Callers catch our own errors, not how many threads met them.
            ExceptionDispatchInfo.Throw(first);
        }

        void RunGroup(WindowSweep sweep, int g)
        {
            var rows = order.AsSpan(starts[g], starts[g + 1] - starts[g]);
            if (rows.Length == 0)
                return;
            cancellationToken.ThrowIfCancellationRequested();
            for (var i = 1; i < rows.Length; i++)
            {
                if (times[rows[i - 1]] <= times[rows[i]])
                    continue;
                rows.Sort((x, y) => times[x].CompareTo(times[y]));
                break;
            }

            var first = times[rows[0]];
            var from = reach == long.MaxValue ? long.MinValue : first - reach;
            for (var w = 0; w < plan.Windows.Length; w++)
                from = Math.Min(from, plan.Low(w, first));
            sweep.Rows.Load(snapshot, groups[g], from, times[rows[^1]]);
            sweep.Run(times, rows, corrected, delay, outputs);
        }
    }
}
