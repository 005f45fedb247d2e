using System.Globalization;
using MlOps.Artifacts;
using MlOps.Benchmarks.Claims.Support;
using MlOps.Files;

namespace MlOps.Benchmarks.Claims.Registry;

/// <summary>What storing large artifacts costs in time, memory and bytes.</summary>
internal static class ArtifactClaims
{
    private const long Large = 1L << 30;
    private const long Huge = 5_000_000_000;

    public static IEnumerable<IClaim> All =>
    [
        new Claim(
            "registry.artifacts-put-large",
            "rate of storing a file of 1 GiB over that of copying it, hashing it with SHA-256 and fsync",
            "at least 0.80 x",
            (context, stop) => LargeAsync(context, reads: false, stop)),
        new Claim(
            "registry.artifacts-get-large",
            "rate of reading a stored file of 1 GiB, verified, into another file over that of copying it and hashing it with SHA-256",
            "at least 0.80 x",
            (context, stop) => LargeAsync(context, reads: true, stop)),
        new Claim(
            "registry.artifacts-memory",
            "growth of the process's peak memory while a stream of 5 GB is stored and read again, verified",
            "at most 32 MB",
            MemoryAsync),
        new Claim(
            "registry.artifacts-same",
            "bytes on the disk after the same file of 100 MB was stored six times, over its length (MLflow: 6.01 x)",
            "at most 1.001 x",
            (context, stop) => ShareAsync(context, 6, edited: false, 1.001, stop)),
        new Claim(
            "registry.artifacts-versions",
            "bytes on the disk after ten versions of a file of 100 MB, 1 % of each inserted, overwritten and deleted in four places, over its length (MLflow: 10 x)",
            "at most 1.20 x",
            (context, stop) => ShareAsync(context, 10, edited: true, 1.2, stop)),
        new Claim(
            "registry.artifacts-range",
            "verified ranged reads of 4 KiB at random places of a chunked file of 256 MiB that gave the right bytes, of 1,000, or 0 when a flipped bit in one went unseen",
            "at least 1,000",
            RangeAsync),
    ];

    private static async Task<ClaimResult> LargeAsync(ClaimContext context, bool reads, CancellationToken stop)
    {
        var rates = new List<double>();
        var rows = new List<IReadOnlyList<string>>();
        string source = Path.Combine(context.Folder, "source");
        string target = Path.Combine(context.Folder, "target");
        for (int round = 0; round < 4; round++)
        {
            var store = FileArtifactStore.Open(new PhysicalFileSystem(), Path.Combine(context.Folder, $"store{round}"));
            await using (var file = File.Create(source))
                await new RandomBytes(context.Seed + round, Large).CopyToAsync(file, 1 << 20, stop);
            ArtifactRef? stored = reads ? await PutAsync(store, source, stop) : null;
            double copy = 0, own = 0;
            foreach (bool isCopy in round % 2 == 0 ? (bool[])[true, false] : [false, true])
            {
                File.Delete(target);
                long before = TimeProvider.System.GetTimestamp();
                if (isCopy)
                    ArtifactSpeed.CopyAndHash(source, target, flush: !reads);
                else if (reads)
                    await GetAsync(store, stored!, target, stop);
                else
                    await PutAsync(store, source, stop);
                double seconds = TimeProvider.System.GetElapsedTime(before).TotalSeconds;
                (copy, own) = isCopy ? (seconds, own) : (copy, seconds);
            }

            rates.Add(copy / own);
            rows.Add([$"{round + 1}", string.Create(CultureInfo.InvariantCulture, $"{copy:F2} s"), string.Create(CultureInfo.InvariantCulture, $"{own:F2} s"), Ratio(copy / own)]);
            Directory.Delete(Path.Combine(context.Folder, $"store{round}"), recursive: true);
        }

        rates.Sort();
        double median = (rates[1] + rates[2]) / 2;
        return ClaimResult.AtLeast(median, 0.8, Ratio(median), new ClaimDetail("1 GiB of random bytes, in turns; the median counts", ["round", "copy + SHA-256", "artifact store", "rate"], rows));
    }

    private static async Task<ClaimResult> MemoryAsync(ClaimContext context, CancellationToken stop)
    {
        var store = FileArtifactStore.Open(new PhysicalFileSystem(), context.Folder);
        // Once small, so that code and pools that every upload needs are there.
        var warm = await store.PutAsync(new RandomBytes(1, 64 << 20), "a/b", stop);
        await using (var stream = await store.OpenReadAsync(warm.ParsedDigest, stop))
            await stream.CopyToAsync(Stream.Null, stop);
        GC.Collect();
        var rows = new List<IReadOnlyList<string>>();
        long worst = 0;
        ArtifactRef? stored = null;
        foreach (var (name, act) in ((string, Func<Task>)[])
        [
            ("store", async () => stored = await store.PutAsync(new RandomBytes(2, Huge), "a/b", stop)),
            ("read", async () =>
            {
                await using var stream = await store.OpenReadAsync(stored!.ParsedDigest, stop);
                await stream.CopyToAsync(Stream.Null, 1 << 20, stop);
            }),
        ])
        {
            long before = Resident();
            long managedBefore = GC.GetTotalMemory(forceFullCollection: true);
            long peak = before, managedPeak = managedBefore;
            using var done = CancellationTokenSource.CreateLinkedTokenSource(stop);
            var watch = Task.Run(async () =>
            {
                while (!done.IsCancellationRequested)
                {
                    peak = Math.Max(peak, Resident());
                    managedPeak = Math.Max(managedPeak, GC.GetTotalMemory(forceFullCollection: false));
                    await Task.Delay(5, CancellationToken.None);
                }
            }, CancellationToken.None);
            await act();
            await done.CancelAsync();
            await watch;
            worst = Math.Max(worst, peak - before);
            rows.Add([name, Megabytes(peak - before), Megabytes(managedPeak - managedBefore)]);
        }

        return ClaimResult.AtMost(worst, 32e6, Megabytes(worst), new ClaimDetail("5 GB of random bytes as a stream", ["direction", "growth of resident memory", "growth of the managed heap"], rows));
    }

    private static async Task<ClaimResult> ShareAsync(ClaimContext context, int versions, bool edited, double bound, CancellationToken stop)
    {
        var bytes = new byte[100_000_000];
        var random = new Random(context.Seed);
        random.NextBytes(bytes);
        var rows = new List<IReadOnlyList<string>>();
        double ratio = 0;
        for (int version = 1; version <= versions; version++)
        {
            // Opened anew each time: nothing of the sharing lives in the process alone.
            var store = FileArtifactStore.Open(new PhysicalFileSystem(), context.Folder);
            using (var content = new MemoryStream(bytes, writable: false))
                await store.PutAsync(content, "a/b", stop);
            ratio = (await store.GetUsageAsync(stop)).StoredBytes / 100_000_000.0;
            rows.Add([$"{version}", $"{bytes.Length:N0}", string.Create(CultureInfo.InvariantCulture, $"{ratio:F4} x")]);
            if (edited)
                bytes = Edit(bytes, random);
        }

        return ClaimResult.AtMost(ratio, bound, string.Create(CultureInfo.InvariantCulture, $"{ratio:F4} x"), new ClaimDetail("Files of 100 MB", ["version", "bytes", "on the disk"], rows));
    }

    // 0.25 % each: inserted, overwritten twice, deleted.
    private static byte[] Edit(byte[] bytes, Random random)
    {
        int count = bytes.Length / 400;
        var fresh = new byte[count];
        var edited = new byte[bytes.Length];
        random.NextBytes(fresh);
        int insert = random.Next(bytes.Length / 2), delete = random.Next(bytes.Length / 2, bytes.Length - count);
        bytes.AsSpan(0, insert).CopyTo(edited);
        fresh.CopyTo(edited, insert);
        bytes.AsSpan(insert, delete - insert).CopyTo(edited.AsSpan(insert + count));
        bytes.AsSpan(delete + count).CopyTo(edited.AsSpan(delete + count));
        for (int i = 0; i < 2; i++)
            random.NextBytes(edited.AsSpan(random.Next(edited.Length - count), count));
        return edited;
    }

    private static async Task<ClaimResult> RangeAsync(ClaimContext context, CancellationToken stop)
    {
        var store = FileArtifactStore.Open(new PhysicalFileSystem(), context.Folder);
        var bytes = new byte[256 << 20];
        var random = new Random(context.Seed);
        random.NextBytes(bytes);
        using var content = new MemoryStream(bytes, writable: false);
        var stored = await store.PutAsync(content, "a/b", stop);
        int right = 0;
        var buffer = new byte[4096];
        long before = TimeProvider.System.GetTimestamp();
        for (int i = 0; i < 1000; i++)
        {
            int at = random.Next(bytes.Length - buffer.Length);
            await using var range = await store.OpenRangeAsync(stored.ParsedDigest, at, buffer.Length, stop);
            await range.ReadExactlyAsync(buffer, stop);
            right += buffer.AsSpan().SequenceEqual(bytes.AsSpan(at, buffer.Length)) ? 1 : 0;
        }

        double each = TimeProvider.System.GetElapsedTime(before).TotalMicroseconds / 1000;
        await using (var pack = new FileStream(Directory.GetFiles(Path.Combine(context.Folder, "packs")).Single(), FileMode.Open, FileAccess.ReadWrite))
        {
            pack.Position = 100_000_016;
            int value = pack.ReadByte();
            pack.Position = 100_000_016;
            pack.WriteByte((byte)(value ^ 1));
        }

        try
        {
            await using var range = await store.OpenRangeAsync(stored.ParsedDigest, 100_000_000, 16, stop);
            await range.CopyToAsync(Stream.Null, stop);
            right = 0;
        }
        catch (CorruptDataException)
        {
            // As it must be.
        }

        return ClaimResult.AtLeast(
            right, 1000, $"{right:N0}",
            new ClaimDetail("4 KiB at a random place", ["reads", "right", "mean time"], [["1000", $"{right}", string.Create(CultureInfo.InvariantCulture, $"{each:F0} us")]]));
    }

    private static async Task<ArtifactRef> PutAsync(IArtifactStore store, string source, CancellationToken stop)
    {
        await using var input = new FileStream(source, FileMode.Open, FileAccess.Read, FileShare.Read, 1);
        return await store.PutAsync(input, "a/b", stop);
    }

    private static async Task GetAsync(IArtifactStore store, ArtifactRef stored, string target, CancellationToken stop)
    {
        await using var blob = await store.OpenReadAsync(stored.ParsedDigest, stop);
        await using var file = new FileStream(target, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1);
        await blob.CopyToAsync(file, 1 << 20, stop);
    }

    private static long Resident()
    {
        using var process = System.Diagnostics.Process.GetCurrentProcess();
        return process.WorkingSet64;
    }

    private static string Ratio(double value) => string.Create(CultureInfo.InvariantCulture, $"{value:F2} x");

    private static string Megabytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:F1} MB");
}
