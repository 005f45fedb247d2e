using System.Security.Cryptography;
using MlOps.Artifacts;
using MlOps.Files;
using MlOps.Testing;

namespace MlOps.Core.Tests.Artifacts;

public sealed class FileArtifactStoreTests : IDisposable
{
    private static readonly DateTimeOffset FarFuture = new(2100, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly TemporaryDirectory _directory = new();
    private readonly IArtifactStore _store;

    public FileArtifactStoreTests() => _store = FileArtifactStore.Open(new PhysicalFileSystem(), _directory.Path);

    public void Dispose() => _directory.Dispose();

    private string PathOf(ArtifactRef artifact) =>
        Path.Combine(_directory.Path, "blobs", "sha256", artifact.ParsedDigest.Hex[..2], artifact.ParsedDigest.Hex[2..]);

    private static ValueTask<bool> Unwanted(ArtifactDigest digest, CancellationToken cancellationToken) => ValueTask.FromResult(false);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(131_072)]
    [InlineData(1_000_003)]
    public async Task Blob_OfAnySize_ComesBackEqualUnderItsDigest(int size)
    {
        var bytes = new byte[size];
        new Random(size).NextBytes(bytes);
        using var content = new MemoryStream(bytes);
        var artifact = await _store.PutAsync(content, "application/onnx");

        artifact.Should().Be(new ArtifactRef("sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes)), size, "application/onnx"));
        (await _store.GetBytesAsync(artifact)).Should().Equal(bytes);
        (await _store.ExistsAsync(artifact.ParsedDigest)).Should().BeTrue();
        (await File.ReadAllBytesAsync(await _store.GetLocalPathAsync(artifact.ParsedDigest))).Should().Equal(bytes);
        (await _store.ListAsync().ToListAsync()).Should().Equal(artifact.ParsedDigest);
        Directory.GetFiles(_directory["temporary"]).Should().BeEmpty();
    }

    [Fact]
    public async Task Digest_OfThePublishedVector_Fits()
    {
        // FIPS 180-4, the one-block example.
        var artifact = await _store.PutBytesAsync("abc"u8.ToArray(), "text/plain");
        artifact.Digest.Should().Be("sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    [Fact]
    public async Task Put_OfTheSameBytesByManyAtOnce_StoresThemOnce()
    {
        var all = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => _store.PutBytesAsync(new byte[5000], "a/b").AsTask())));
        all.Distinct().Should().ContainSingle();
        (await _store.ListAsync().ToListAsync()).Should().ContainSingle();
        Directory.GetFiles(_directory["temporary"]).Should().BeEmpty();
    }

    [Fact]
    public async Task BitFlip_AnywhereInTheFile_IsFoundByReadAndByPath()
    {
        var bytes = new byte[600];
        new Random(1).NextBytes(bytes);
        var artifact = await _store.PutBytesAsync(bytes, "a/b");
        for (var i = 0; i < bytes.Length; i += 7)
        {
            var broken = (byte[])bytes.Clone();
            broken[i] ^= (byte)(1 << (i % 8));
            await File.WriteAllBytesAsync(PathOf(artifact), broken);
            await _store.Awaiting(s => s.GetBytesAsync(artifact).AsTask()).Should().ThrowAsync<CorruptDataException>();
            await _store.Awaiting(s => s.GetLocalPathAsync(artifact.ParsedDigest).AsTask()).Should().ThrowAsync<CorruptDataException>();
        }

        await File.WriteAllBytesAsync(PathOf(artifact), bytes[..^1]);
        (await _store.Awaiting(s => s.GetBytesAsync(artifact).AsTask()).Should().ThrowAsync<CorruptDataException>()).WithMessage($"*{PathOf(artifact)}*");

        // Storing the artifact again mends it.
        await _store.PutBytesAsync(bytes, "a/b");
        (await _store.GetBytesAsync(artifact)).Should().Equal(bytes);
    }

    [Fact]
    public async Task Reader_ThatStopsAtTheLastByte_StillLearnsOfDamage()
    {
        var artifact = await _store.PutBytesAsync(new byte[10], "a/b");
        await File.WriteAllBytesAsync(PathOf(artifact), [0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
        await using var stream = await _store.OpenReadAsync(artifact.ParsedDigest);
        stream.Invoking(s => s.ReadExactly(new byte[10])).Should().Throw<CorruptDataException>();
    }

    [Fact]
    public async Task LocalPath_VerifiedBefore_IsVerifiedAnewAfterAChange()
    {
        var artifact = await _store.PutBytesAsync(new byte[10], "a/b");
        await _store.GetLocalPathAsync(artifact.ParsedDigest);
        await _store.GetLocalPathAsync(artifact.ParsedDigest);
        await File.WriteAllBytesAsync(PathOf(artifact), new byte[11]);
        await _store.Awaiting(s => s.GetLocalPathAsync(artifact.ParsedDigest).AsTask()).Should().ThrowAsync<CorruptDataException>();
    }

    [Fact]
    public async Task Missing_IsNotFound()
    {
        var digest = ArtifactDigest.Of("missing"u8);
        await _store.Awaiting(s => s.OpenReadAsync(digest).AsTask()).Should().ThrowAsync<NotFoundException>();
        await _store.Awaiting(s => s.GetLocalPathAsync(digest).AsTask()).Should().ThrowAsync<NotFoundException>();
        (await _store.ExistsAsync(digest)).Should().BeFalse();
    }

    [Fact]
    public async Task Put_ThatIsTooLargeOrFailsOrIsCancelled_LeavesNothing()
    {
        var small = FileArtifactStore.Open(new PhysicalFileSystem(), _directory.Path, options: new FileArtifactOptions { MaximumBlobBytes = 100 });
        (await small.Awaiting(s => s.PutBytesAsync(new byte[101], "a/b").AsTask()).Should().ThrowAsync<InvalidInputException>()).WithMessage("*100 bytes*");
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await _store.Awaiting(s => s.PutBytesAsync(new byte[101], "a/b", cancelled.Token).AsTask()).Should().ThrowAsync<OperationCanceledException>();
        Directory.GetFiles(_directory.Path, "*", SearchOption.AllDirectories).Should().BeEmpty();
    }

    [Fact]
    public async Task Collect_RemovesOnlyTheOldAndUnwanted()
    {
        var wanted = await _store.PutBytesAsync("wanted"u8.ToArray(), "a/b");
        var old = await _store.PutBytesAsync("old"u8.ToArray(), "a/b");
        var young = await _store.PutBytesAsync("young"u8.ToArray(), "a/b");
        File.SetLastWriteTimeUtc(PathOf(wanted), new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        File.SetLastWriteTimeUtc(PathOf(old), new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        await File.WriteAllTextAsync(_directory["temporary/orphan"], "");
        File.SetLastWriteTimeUtc(_directory["temporary/orphan"], new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));

        var removed = await _store.CollectAsync((d, _) => ValueTask.FromResult(d == wanted.ParsedDigest), new DateTimeOffset(2021, 1, 1, 0, 0, 0, TimeSpan.Zero));

        removed.Should().Be((1, 3L));
        (await _store.ListAsync().ToListAsync()).Should().BeEquivalentTo([wanted.ParsedDigest, young.ParsedDigest]);
        File.Exists(_directory["temporary/orphan"]).Should().BeFalse();
    }

    [Fact]
    public async Task Collect_WhileABlobIsStoredAgain_NeverTakesWhatWasAcknowledged()
    {
        var bytes = "contended"u8.ToArray();
        for (var round = 0; round < 200; round++)
        {
            var artifact = await _store.PutBytesAsync(bytes, "a/b");
            var past = new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc);
            File.SetLastWriteTimeUtc(PathOf(artifact), past);
            var collect = Task.Run(() => _store.CollectAsync(Unwanted, new DateTimeOffset(past.AddDays(1))).AsTask());
            await _store.PutBytesAsync(bytes, "a/b");
            await collect;
            (await _store.GetBytesAsync(artifact)).Should().Equal(bytes);
        }
    }

    [Fact]
    public async Task Open_AfterACollectionWasKilled_PutsBackWhatWasMovedAside()
    {
        var artifact = await _store.PutBytesAsync("aside"u8.ToArray(), "a/b");
        new PhysicalFileSystem().Replace(PathOf(artifact), Path.Combine(_directory["condemned"], artifact.ParsedDigest.Hex));
        (await _store.GetBytesAsync(artifact)).Should().Equal("aside"u8.ToArray());
        var again = FileArtifactStore.Open(new PhysicalFileSystem(), _directory.Path);
        (await again.ListAsync().ToListAsync()).Should().Equal(artifact.ParsedDigest);
    }

    [Fact]
    public async Task Open_SweepsOrphansOfAge()
    {
        await File.WriteAllTextAsync(_directory["temporary/orphan"], "");
        FileArtifactStore.Open(new PhysicalFileSystem(), _directory.Path);
        File.Exists(_directory["temporary/orphan"]).Should().BeTrue();
        FileArtifactStore.Open(new PhysicalFileSystem(), _directory.Path, new FakeClock(FarFuture));
        File.Exists(_directory["temporary/orphan"]).Should().BeFalse();
    }
}
