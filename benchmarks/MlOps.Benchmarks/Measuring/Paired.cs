using System.Diagnostics;

namespace MlOps.Benchmarks.Measuring;

/// <summary>
/// Compares contenders in one process: short bursts in turns, the order rotating, inputs rotating, the lower quartile of each.
/// What disturbs the machine for a while disturbs all of them.
/// </summary>
public static class Paired
{
    private static readonly Task<long> Finished = Task.FromResult(0L);
    private static long _sink;

    /// <summary>Measures synchronous contenders by the calling thread's processor time.</summary>
    public static PairedResult Measure(PairedOptions options, params IReadOnlyList<(string Name, Burst Burst)> contenders)
    {
        var pending = MeasureCoreAsync(
            options,
            [.. contenders.Select(contender => (contender.Name, (BurstAsync)((start, count) =>
            {
                // One task for all, so that what is counted as allocated is the burst's own.
                _sink += contender.Burst(start, count);
                return Finished;
            })))],
            () => CpuClock.Thread,
            GC.GetAllocatedBytesForCurrentThread,
            CancellationToken.None);
        // Every burst completes before it returns, so this never waits and never leaves the thread.
        Debug.Assert(pending.IsCompleted);
        return pending.GetAwaiter().GetResult();
    }

    /// <summary>Measures asynchronous contenders by the process's processor time: nothing else may run in it.</summary>
    public static Task<PairedResult> MeasureAsync(
        PairedOptions options, IReadOnlyList<(string Name, BurstAsync Burst)> contenders, CancellationToken cancellationToken = default) =>
        MeasureCoreAsync(options, contenders, () => CpuClock.Process, () => GC.GetTotalAllocatedBytes(precise: true), cancellationToken);

    /// <summary>The lower quartile, by linear interpolation.</summary>
    internal static double LowerQuartile(ReadOnlySpan<double> values)
    {
        double[] sorted = values.ToArray();
        Array.Sort(sorted);
        double place = (sorted.Length - 1) * 0.25;
        int below = (int)place;
        int above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + ((sorted[above] - sorted[below]) * (place - below));
    }

    private static async Task<PairedResult> MeasureCoreAsync(
        PairedOptions options,
        IReadOnlyList<(string Name, BurstAsync Burst)> contenders,
        Func<TimeSpan> cpu,
        Func<long> allocated,
        CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Rounds, 1);
        ArgumentOutOfRangeException.ThrowIfZero(contenders.Count);
        int[] operations = new int[contenders.Count];
        int[] next = new int[contenders.Count];
        for (int i = 0; i < contenders.Count; i++)
            operations[i] = await WarmUpAsync(contenders[i].Burst, options, cancellationToken);

        var cpuTimes = NewTable(contenders.Count, options.Rounds);
        var wallTimes = NewTable(contenders.Count, options.Rounds);
        var bytes = NewTable(contenders.Count, options.Rounds);
        GC.Collect();
        for (int round = 0; round < options.Rounds; round++)
        {
            for (int turn = 0; turn < contenders.Count; turn++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                int who = (round + turn) % contenders.Count;
                int count = operations[who];
                long bytesBefore = allocated();
                var cpuBefore = cpu();
                long before = Stopwatch.GetTimestamp();
                var running = contenders[who].Burst(next[who], count);
                long result = await running;
                var passed = Stopwatch.GetElapsedTime(before);
                var worked = cpu() - cpuBefore;
                bytes[who][round] = (allocated() - bytesBefore) / (double)count;
                cpuTimes[who][round] = worked.TotalNanoseconds / count;
                wallTimes[who][round] = passed.TotalNanoseconds / count;
                next[who] += count;
                _sink += result;
            }
        }

        return new PairedResult([.. contenders.Select((contender, i) => new PairedSample(
            contender.Name, LowerQuartile(cpuTimes[i]), LowerQuartile(wallTimes[i]), LowerQuartile(bytes[i])))]);
    }

    private static async Task<int> WarmUpAsync(BurstAsync burst, PairedOptions options, CancellationToken cancellationToken)
    {
        int count = options.Operations ?? 1;
        int start = 0;
        var clock = Stopwatch.StartNew();
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            long before = Stopwatch.GetTimestamp();
            _sink += await burst(start, count);
            var passed = Stopwatch.GetElapsedTime(before);
            start += count;
            bool enough = options.Operations is not null || passed >= options.BurstTime;
            if (enough && clock.Elapsed >= options.WarmUp)
                return count;
            if (!enough && count < 1 << 28)
                count *= 2;
        }
    }

    private static double[][] NewTable(int contenders, int rounds) =>
        [.. Enumerable.Range(0, contenders).Select(_ => new double[rounds])];
}
