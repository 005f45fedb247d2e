using System.Diagnostics;
using System.Globalization;
using MlOps.Benchmarks.Claims.Support;
using MlOps.Features;

namespace MlOps.Benchmarks.Claims.Features;

internal static class OfflineClaims
{
    public static IEnumerable<IClaim> All =>
    [
        new Claim(
            "features.offline-small-spine",
            "wall time of joining 1,000 spine rows to 10,000,000 stored rows (100,000 entities, 4 values), rows in the page cache, best of 20",
            "at most 1 ms",
            (context, stop) => SmallSpineAsync(context, isCold: false, stop)),
        new Claim(
            "features.offline-small-spine-cold",
            "the same from a file that is not in the page cache, the first join after opening, median of 5",
            "at most 50 ms",
            (context, stop) => SmallSpineAsync(context, isCold: true, stop)),
        new Claim(
            "features.offline-large-store",
            "memory that joins over 20,000,000 stored rows take up beside the page cache; MLOPS_CLAIMS_FULL=1 stores 100,000,000 (4 GB)",
            "at most 400 MB",
            LargeStoreAsync),
        new Claim(
            "features.offline-compact",
            "rows per second of merging 16 segments of 1,000,000 rows, 6 columns, into one, on one core",
            "at least 2 M/s",
            CompactAsync),
    ];

    private static async Task<ClaimResult> SmallSpineAsync(ClaimContext context, bool isCold, CancellationToken stop)
    {
        await using var world = await OfflineWorld.CreateAsync(context, 10_000_000, 100_000, 1_000_000, whole: true, stop);
        var spine = world.Spine(1_000);
        var times = new List<double>();
        for (int round = 0; round < (isCold ? 5 : 20); round++)
        {
            if (isCold)
                await world.ReopenColdAsync(stop);
            long start = Stopwatch.GetTimestamp();
            await world.JoinAsync(spine, stop);
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        times.Sort();
        double measured = isCold ? times[times.Count / 2] : times[0];
        return ClaimResult.AtMost(
            measured, isCold ? 50 : 1, string.Create(CultureInfo.InvariantCulture, $"{measured:F2} ms"),
            new ClaimDetail(
                "1,000 spine rows of 1,000 entities", ["rounds", "best ms", "median ms", "worst ms", "page cache"],
                [[$"{times.Count}", Text(times[0]), Text(times[times.Count / 2]), Text(times[^1]), isCold ? "dropped before each (posix_fadvise)" : "warm"]]));
    }

    private static async Task<ClaimResult> LargeStoreAsync(ClaimContext context, CancellationToken stop)
    {
        long rows = Environment.GetEnvironmentVariable("MLOPS_CLAIMS_FULL") == "1" ? 100_000_000 : 20_000_000;
        long free = new DriveInfo(context.Folder).AvailableFreeSpace;
        if (free < rows * 120)
            throw new InvalidOperationException($"{free / 1_000_000} MB are free in {context.Folder}; {rows * 120 / 1_000_000} are needed.");
        using var memory = new MemoryPeak();
        long started = Stopwatch.GetTimestamp();
        await using var world = await OfflineWorld.CreateAsync(context, rows, 1_000_000, 1_000_000, whole: false, stop);
        double ingested = Stopwatch.GetElapsedTime(started).TotalSeconds;
        started = Stopwatch.GetTimestamp();
        var compaction = await world.CompactAsync(stop);
        double compacted = Stopwatch.GetElapsedTime(started).TotalSeconds;
        long afterWrites = memory.Anonymous;
        await world.ReopenColdAsync(stop);
        GC.Collect();
        memory.Restart();
        long before = memory.Anonymous;
        started = Stopwatch.GetTimestamp();
        long matches = 0;
        for (int batch = 0; batch < 10; batch++)
            matches += OfflineWorld.Matches(await world.JoinAsync(world.Spine(100_000), stop));
        double joined = Stopwatch.GetElapsedTime(started).TotalSeconds;
        double megabytes = (memory.Anonymous - before) / 1e6;
        return ClaimResult.AtMost(
            megabytes, 400, string.Create(CultureInfo.InvariantCulture, $"{megabytes:F0} MB"),
            new ClaimDetail(
                $"{rows:N0} rows in {compaction.SegmentsAfter} segment(s) of {world.Bytes / 1e9:F2} GB; ten spines of 100,000 rows; anonymous memory, since mapped files belong to the page cache",
                ["ingest and generation s", "compaction s", "joins s", "matches", "peak MB anonymous before joins", "during joins", "mapped file pages MB", "peak MB of writing"],
                [[Text(ingested), Text(compacted), Text(joined), $"{matches:N0}", Text(before / 1e6), Text(memory.Anonymous / 1e6), Text(memory.Files / 1e6), Text(afterWrites / 1e6)]]));
    }

    private static async Task<ClaimResult> CompactAsync(ClaimContext context, CancellationToken stop)
    {
        await using var world = await OfflineWorld.CreateAsync(context, 16_000_000, 100_000, 1_000_000, whole: false, stop);
        using var process = Process.GetCurrentProcess();
        var cpu = process.TotalProcessorTime;
        long start = Stopwatch.GetTimestamp();
        var result = await world.CompactAsync(stop);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        process.Refresh();
        double used = (process.TotalProcessorTime - cpu).TotalSeconds;
        double rate = result.RowsMerged / seconds;
        return ClaimResult.AtLeast(
            rate, 2e6, string.Create(CultureInfo.InvariantCulture, $"{rate / 1e6:F2} M/s"),
            new ClaimDetail(
                "Merging 16 segments", ["rows", "segments before", "after", "wall s", "CPU s", "M rows per CPU s"],
                [[$"{result.RowsMerged:N0}", $"{result.SegmentsBefore}", $"{result.SegmentsAfter}", Text(seconds), Text(used), Text(result.RowsMerged / used / 1e6)]]));
    }

    private static string Text(double value) => value.ToString("F2", CultureInfo.InvariantCulture);
}
