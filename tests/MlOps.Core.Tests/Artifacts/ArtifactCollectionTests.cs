using MlOps.Artifacts;
using MlOps.Files;
using MlOps.Testing;

namespace MlOps.Core.Tests.Artifacts;

/// <summary>Collection of packs: what it frees, and that no interleaving with a writer takes a chunk that a recipe needs.</summary>
public sealed class ArtifactCollectionTests : IDisposable
{
    private static readonly string Root = OperatingSystem.IsWindows() ? @"C:\store" : "/store";
    private static readonly byte[] First = Chunked.Bytes(1, 40_000);
    private static readonly byte[] Second = [.. First[..30_000], .. Chunked.Bytes(2, 9000)];
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    // The clock of the file system in memory begins there, too.
    private static IArtifactStore Open(IFileSystem files) =>
        FileArtifactStore.Open(files, Root, new FakeClock(new DateTimeOffset(2001, 1, 1, 0, 0, 0, TimeSpan.Zero)), Chunked.Options);

    private static Func<ArtifactDigest, CancellationToken, ValueTask<bool>> Only(params ArtifactDigest[] wanted) =>
        (digest, _) => ValueTask.FromResult(wanted.Contains(digest));

    [Fact]
    public async Task Pack_OfWhichLittleIsNeeded_IsRewrittenAndTheRestFreed()
    {
        var store = FileArtifactStore.Open(new PhysicalFileSystem(), _directory.Path, options: Chunked.Options);
        var large = Chunked.Bytes(3, 400_000);
        byte[] part = [.. large[..60_000], .. Chunked.Bytes(4, 2000)];
        await store.PutAsync(large);
        var kept = await store.PutAsync(part);
        await using var reader = await store.OpenReadAsync(kept.ParsedDigest);
        var head = new byte[10];
        reader.ReadExactly(head);

        var expected = await store.CountCollectableAsync(Only(kept.ParsedDigest), DateTimeOffset.MaxValue);
        var used = (await store.GetUsageAsync()).StoredBytes;
        var freed = await store.CollectAsync(Only(kept.ParsedDigest), DateTimeOffset.MaxValue);
        freed.Blobs.Should().Be(1);
        expected.Blobs.Should().Be(1);
        expected.Bytes.Should().BeCloseTo(freed.Bytes, 64);
        var left = (await store.GetUsageAsync()).StoredBytes;
        (used - left).Should().Be(freed.Bytes);
        left.Should().BeLessThan(110_000);
        (await store.ReadAsync(kept)).Should().Equal(part);

        // One that was being read goes on.
        using var rest = new MemoryStream();
        await reader.CopyToAsync(rest);
        head.Concat(rest.ToArray()).Should().Equal(part);
        (await store.CollectAsync(Only(), DateTimeOffset.MaxValue)).Blobs.Should().Be(1);
        (await store.GetUsageAsync()).Should().Be(new ArtifactUsage(0, 0, 0));
        Directory.GetFiles(_directory["condemned"]).Should().BeEmpty();
    }

    [Fact]
    public async Task Collect_WithADamagedRecipeThatIsWanted_LeavesAllPacks()
    {
        var store = FileArtifactStore.Open(new PhysicalFileSystem(), _directory.Path, options: Chunked.Options);
        var wanted = await store.PutAsync(First);
        await store.PutAsync(Chunked.Bytes(9, 30_000));
        var recipe = Path.Combine(_directory["recipes"], wanted.ParsedDigest.Hex);
        var sound = await File.ReadAllBytesAsync(recipe);
        await File.WriteAllBytesAsync(recipe, sound[..^1]);
        await store.CollectAsync(Only(wanted.ParsedDigest), DateTimeOffset.MaxValue);
        Directory.GetFiles(_directory["packs"]).Should().HaveCount(2);
        await File.WriteAllBytesAsync(recipe, sound);
        (await store.ReadAsync(wanted)).Should().Equal(First);
    }

    [Fact]
    public async Task Collect_AtAnyMomentOfAPutThatShares_NeverTakesWhatWasAcknowledged()
    {
        for (var at = 1; ; at++)
        {
            var files = new FaultyFileSystem();
            var hooked = new HookedFileSystem(files);
            var collector = Open(files);
            await collector.PutAsync(First);
            var writer = Open(hooked);
            var wanted = Only(ArtifactDigest.Of(Second));
            var begin = hooked.Calls;
            hooked.Before = call =>
            {
                if (call == begin + at)
                    collector.CollectAsync(wanted, DateTimeOffset.MaxValue).AsTask().GetAwaiter().GetResult();
            };
            var second = await writer.PutAsync(Second);
            (await collector.ReadAsync(second)).Should().Equal(Second, $"call {at}");
            await collector.CollectAsync(wanted, DateTimeOffset.MaxValue);
            (await collector.ReadAsync(second)).Should().Equal(Second, $"call {at}");

            if (hooked.Calls < begin + at)
                break;
            at.Should().BeLessThan(500);
        }
    }

    [Fact]
    public async Task Put_AtAnyMomentOfACollection_IsAcknowledgedAndStays()
    {
        for (var at = 1; ; at++)
        {
            var files = new FaultyFileSystem();
            var hooked = new HookedFileSystem(files);
            var writer = Open(files);
            await writer.PutAsync(First);
            var collector = Open(hooked);
            var (begin, done) = (hooked.Calls, false);
            ArtifactRef? second = null;
            hooked.Before = call =>
            {
                if (call != begin + at || done)
                    return;
                done = true;
                second = writer.PutAsync(Second).GetAwaiter().GetResult();
            };
            await collector.CollectAsync(Only(ArtifactDigest.Of(Second)), DateTimeOffset.MaxValue);
            if (second is not null)
            {
                (await writer.ReadAsync(second)).Should().Equal(Second, $"call {at}");
                (await Open(files.Crash(new Random(at))).ReadAsync(second)).Should().Equal(Second, $"call {at}, after a power cut");
            }

            if (hooked.Calls < begin + at)
                break;
            at.Should().BeLessThan(500);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Writers_BesideTwoCollectors_KeepEveryBlobThatIsWanted(int seed)
    {
        var wanted = new System.Collections.Concurrent.ConcurrentDictionary<ArtifactDigest, byte[]>();
        IArtifactStore OpenStore() => FileArtifactStore.Open(new PhysicalFileSystem(), _directory.Path, options: Chunked.Options);
        using var done = new CancellationTokenSource();
        var collectors = Enumerable.Range(0, 2).Select(_ => Task.Run(async () =>
        {
            var store = OpenStore();
            while (!done.IsCancellationRequested)
                await store.CollectAsync((digest, _) => ValueTask.FromResult(wanted.ContainsKey(digest)), DateTimeOffset.MaxValue);
        })).ToArray();
        var writers = Enumerable.Range(0, 3).Select(writer => Task.Run(async () =>
        {
            var random = new Random((seed * 100) + writer);
            var store = OpenStore();
            var bytes = Chunked.Bytes(seed, 60_000);
            for (var i = 0; i < 25; i++)
            {
                bytes = Chunked.Edit(bytes, random.Next(), 0.03);
                var digest = ArtifactDigest.Of(bytes);
                wanted[digest] = bytes;
                (await store.ReadAsync(await store.PutAsync(bytes))).Should().Equal(bytes);
                if (random.Next(3) == 0)
                    wanted.TryRemove(digest, out _);
            }
        })).ToArray();
        await Task.WhenAll(writers);
        await done.CancelAsync();
        await Task.WhenAll(collectors);
        var last = OpenStore();
        wanted.Should().NotBeEmpty();
        foreach (var (digest, bytes) in wanted)
            (await last.ReadAsync(new ArtifactRef(digest.ToString(), bytes.Length, "a/b"))).Should().Equal(bytes);
    }
}
