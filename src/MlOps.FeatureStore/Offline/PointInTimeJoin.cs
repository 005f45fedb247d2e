using System.Runtime.ExceptionServices;

namespace MlOps.Features;

/// <summary>Joins views to a spine: exactly one result per spine row, in spine order, all views in one pass over ranges of entities, on all cores.</summary>
internal static class PointInTimeJoin
{
    private const int RowsAlone = 4096;
    private const int RowsAtOnce = 16_384;

    public static void Run(IReadOnlyList<JoinPart> parts, CancellationToken cancellationToken)
    {
        foreach (var groups in parts.Where(part => !part.IsPlain || AsOfPicker.NeedsCheck(part)).Select(part => part.Groups).Distinct())
            groups.Sort(cancellationToken);
        var ranges = parts.SelectMany(Ranges).ToArray();
        if (ranges.Length == 1 || parts.Sum(part => (long)part.Groups.Rows.Length) < RowsAlone)
        {
            foreach (var range in ranges)
                Run(range, cancellationToken);
            return;
        }

        try
        {
            Parallel.ForEach(
                System.Collections.Concurrent.Partitioner.Create(ranges, loadBalance: true),
                new ParallelOptions { CancellationToken = cancellationToken, MaxDegreeOfParallelism = Environment.ProcessorCount },
                range => Run(range, cancellationToken));
        }
        catch (AggregateException several) when (several.InnerExceptions[0] is MlOpsException first)
        {
            // Callers catch our own errors, not how many threads met them.
            ExceptionDispatchInfo.Throw(first);
        }
    }

    private static IEnumerable<Range> Ranges(JoinPart part)
    {
        var starts = part.Groups.Starts;
        for (var first = 0; first < part.Order.Length;)
        {
            var last = first;
            for (long rows = 0; last < part.Order.Length && rows < RowsAtOnce; last++)
                rows += starts[part.Order[last] + 1] - starts[part.Order[last]];
            yield return new Range(part, first, last);
            first = last;
        }
    }

    private static void Run(Range range, CancellationToken cancellationToken)
    {
        var (part, first, last) = range;
        var picker = part.IsPlain ? part.RentPicker() : null;
        WindowSweep? sweep = null;
        for (var at = first; at < last; at++)
        {
            var group = part.Order[at];
            if (part.Groups.Starts[group] == part.Groups.Starts[group + 1])
                continue;
            if ((at & 63) == 0)
                cancellationToken.ThrowIfCancellationRequested();
            if (picker is null || !picker.TryRun(group))
                Sweep(part, sweep ??= part.RentSweep(), group);
        }

        if (picker is not null)
        {
            picker.Flush();
            part.Return(picker);
        }

        if (sweep is not null)
            part.Return(sweep);
    }

    private static void Sweep(JoinPart part, WindowSweep sweep, int group)
    {
        int start = part.Groups.Starts[group], length = part.Groups.Starts[group + 1] - start;
        var moments = part.Groups.Times.AsSpan(start, length);
        var plan = part.History.Plan;
        var from = part.Reach == long.MaxValue ? long.MinValue : moments[0] - part.Reach;
        foreach (var window in part.Windows)
            from = Math.Min(from, plan.Low(window, moments[0]));
        sweep.Rows.Load(part.History, part.Locals(group), from, moments[^1]);
        sweep.Run(moments, part.Groups.Rows.AsSpan(start, length), part.Corrected, part.Delay, part.Outputs);
    }

    private readonly record struct Range(JoinPart Part, int First, int Last);
}
