using FsCheck;
using FsCheck.Fluent;
using MlOps.Artifacts;
using MlOps.Files;
using MlOps.Testing;

namespace MlOps.Core.Tests.Artifacts;

public sealed class ChunkedArtifactTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly HookedFileSystem _files = new(new PhysicalFileSystem());
    private readonly IArtifactStore _store;

    public ChunkedArtifactTests() => _store = Open(Chunked.Options);

    public void Dispose() => _directory.Dispose();

    private IArtifactStore Open(FileArtifactOptions options) => FileArtifactStore.Open(_files, _directory.Path, options: options);

    private string RecipeOf(ArtifactRef artifact) => Path.Combine(_directory["recipes"], artifact.ParsedDigest.Hex);

    private string[] Packs => Directory.Exists(_directory["packs"]) ? Directory.GetFiles(_directory["packs"]) : [];

    [Theory]
    [InlineData(4096, false)]
    [InlineData(4097, true)]
    [InlineData(16_385, true)]
    [InlineData(131_072, true)]
    [InlineData(524_288, true)]
    [InlineData(1_048_576, true)]
    [InlineData(1_300_003, true)]
    public async Task Blob_AboveTheThreshold_ComesBackFromChunks(int size, bool chunked)
    {
        var bytes = Chunked.Bytes(size, size);
        var artifact = await _store.PutAsync(bytes);
        File.Exists(RecipeOf(artifact)).Should().Be(chunked);
        artifact.Should().Be(new ArtifactRef(ArtifactDigest.Of(bytes).ToString(), size, "a/b"));
        (await _store.ReadAsync(artifact)).Should().Equal(bytes);
        (await Open(Chunked.Options).ReadAsync(artifact)).Should().Equal(bytes);
        (await _store.ExistsAsync(artifact.ParsedDigest)).Should().BeTrue();
        (await _store.ListAsync().ToListAsync()).Should().Equal(artifact.ParsedDigest);
        (await File.ReadAllBytesAsync(await _store.GetLocalPathAsync(artifact.ParsedDigest))).Should().Equal(bytes);
        using var slow = new Unseekable(new MemoryStream(bytes));
        (await _store.PutAsync(slow, "a/b")).Should().Be(artifact);
        (await _store.GetUsageAsync()).Should().BeEquivalentTo(new { Blobs = 1, LogicalBytes = (long)size });
        Directory.GetFiles(_directory["temporary"]).Should().BeEmpty();
    }

    [Fact]
    public void Cuts_OfAnyBytes_CoverThemAndDoNotDependOnHowTheyCome() =>
        Prop.ForAll(Gen.Choose(0, 60_000).SelectMany(size => Gen.Choose(0, 1000), (size, seed) => (size, seed)).ToArbitrary(), x =>
        {
            var chunker = new ContentChunker(1024);
            var bytes = Chunked.Bytes(x.seed, x.size);
            if (x.seed % 5 == 0)
                Array.Clear(bytes);
            var at = 0;
            while (at < bytes.Length)
            {
                var length = chunker.Cut(bytes.AsSpan(at), isEnd: true);
                length.Should().BeInRange(Math.Min(chunker.Minimum, bytes.Length - at), chunker.Maximum);
                // With fewer bytes in view, the same cut or none.
                chunker.Cut(bytes.AsSpan(at, length - 1), isEnd: false).Should().Be(0);
                chunker.Cut(bytes.AsSpan(at, length), isEnd: false).Should().BeOneOf(length, 0);
                at += length;
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(60));

    [Fact]
    public async Task SameBytes_StoredSixTimes_CostOneThousandthMore()
    {
        var store = Open(new FileArtifactOptions());
        var bytes = Chunked.Bytes(1, 20 << 20);
        for (var i = 0; i < 6; i++)
            await Open(new FileArtifactOptions()).PutAsync(bytes);
        (await store.GetUsageAsync()).StoredBytes.Should().BeLessThan((long)(bytes.Length * 1.001));
    }

    [Fact]
    public async Task Versions_WithOnePercentEdited_ShareTheRest()
    {
        var store = Open(Chunked.Options with { AverageChunkBytes = 16 << 10 });
        var bytes = Chunked.Bytes(1, 16 << 20);
        var all = new List<(ArtifactRef Artifact, byte[] Bytes)>();
        for (var version = 0; version < 10; version++)
        {
            all.Add((await store.PutAsync(bytes), bytes));
            bytes = Chunked.Edit(bytes, version, 0.01);
        }

        (await _store.GetUsageAsync()).StoredBytes.Should().BeLessThan((long)((16 << 20) * 1.2));
        foreach (var (artifact, expected) in all)
            (await _store.ReadAsync(artifact)).Should().Equal(expected);
        Packs.Should().HaveCount(10, "the new chunks of one upload lie in one pack");
    }

    [Fact]
    public async Task Ranges_OfAnyPlace_AreThoseBytes()
    {
        var large = Chunked.Bytes(2, 700_000);
        var small = Chunked.Bytes(3, 3000);
        foreach (var bytes in (byte[][])[large, Chunked.Edit(large, 5, 0.05), small])
        {
            var artifact = await _store.PutAsync(bytes);
            var random = new Random(4);
            for (var i = 0; i < 60; i++)
            {
                var offset = random.Next(bytes.Length + 1);
                var length = random.Next(bytes.Length - offset + 1);
                (await _store.ReadAsync(artifact, offset, length)).Should().Equal(bytes.AsSpan(offset, length).ToArray());
            }

            foreach (var (offset, length) in ((long, long)[])[(bytes.Length, 1), (0, bytes.Length + 1), (long.MaxValue, 1), (1, long.MaxValue)])
                await _store.Awaiting(s => s.OpenRangeAsync(artifact.ParsedDigest, offset, length).AsTask()).Should().ThrowAsync<InvalidInputException>();
        }
    }

    [Fact]
    public async Task BitFlip_InAPack_IsFoundByReadRangeAndPathAndMendedByAPut()
    {
        var bytes = Chunked.Bytes(5, 60_000);
        var artifact = await _store.PutAsync(bytes);
        var sound = await File.ReadAllBytesAsync(Packs.Single());
        for (var i = 16; i < sound.Length; i += 4999)
        {
            var broken = (byte[])sound.Clone();
            broken[i] ^= (byte)(1 << (i % 8));
            await File.WriteAllBytesAsync(Packs.Single(), broken);
            var store = Open(Chunked.Options);
            await ExpectCorruptAsync(() => store.ReadAsync(artifact), artifact);
            await ExpectCorruptAsync(() => store.ReadAsync(artifact, i - 16, 1), artifact);
            await ExpectCorruptAsync(() => store.GetLocalPathAsync(artifact.ParsedDigest).AsTask(), artifact);
        }

        await File.WriteAllBytesAsync(Packs.Single(), sound[..^1]);
        await ExpectCorruptAsync(() => _store.ReadAsync(artifact), artifact);
        (await _store.PutAsync(bytes)).Should().Be(artifact);
        (await _store.ReadAsync(artifact)).Should().Equal(bytes);
        (await _store.ReadAsync(artifact, 59_999, 1)).Should().Equal(bytes[^1]);
    }

    [Fact]
    public async Task Pack_ThatIsMissing_IsNamedAndMendedByAPut()
    {
        var bytes = Chunked.Bytes(6, 60_000);
        var artifact = await _store.PutAsync(bytes);
        File.Delete(Packs.Single());
        await ExpectCorruptAsync(() => _store.ReadAsync(artifact), artifact);
        using var slow = new Unseekable(new MemoryStream(bytes));
        await _store.PutAsync(slow, "a/b");
        (await _store.ReadAsync(artifact)).Should().Equal(bytes);
    }

    [Fact]
    public async Task Recipe_CutOrFlippedAnywhere_IsRefusedAndMendedByAPut()
    {
        var bytes = Chunked.Bytes(7, 30_000);
        var artifact = await _store.PutAsync(bytes);
        var sound = await File.ReadAllBytesAsync(RecipeOf(artifact));
        for (var i = 0; i < sound.Length; i += 3)
        {
            var broken = (byte[])sound.Clone();
            broken[i] ^= (byte)(1 << (i % 8));
            await File.WriteAllBytesAsync(RecipeOf(artifact), broken);
            // A flip in a hook alone harms nobody, but the checksum covers it.
            await ExpectCorruptAsync(() => _store.ReadAsync(artifact), artifact);
        }

        for (var length = 0; length < sound.Length; length += 61)
        {
            await File.WriteAllBytesAsync(RecipeOf(artifact), sound[..length]);
            await ExpectCorruptAsync(() => _store.ReadAsync(artifact), artifact);
        }

        await _store.PutAsync(bytes);
        (await _store.ReadAsync(artifact)).Should().Equal(bytes);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0, -1)]
    [InlineData(1, 0)]
    [InlineData(-1, 0)]
    public async Task Recipe_ThatLiesAboutLengthOrPlace_IsRefused(int offset, int length)
    {
        var bytes = Chunked.Bytes(8, 30_000);
        var artifact = await _store.PutAsync(bytes);
        var lie = _directory["lie"];
        using (var recipe = Recipe.Open(_files, RecipeOf(artifact), artifact.ParsedDigest))
        using (var writer = new RecipeWriter(_files, lie, 4096))
        {
            var entries = recipe.Segment(0).Entries;
            for (var i = 0; i < entries.Length; i++)
                writer.Add(i == 2 ? entries[i] with { Length = entries[i].Length + length, Offset = entries[i].Offset + offset } : entries[i]);
            writer.Finish(artifact.ParsedDigest);
        }

        _files.Replace(lie, RecipeOf(artifact));
        await ExpectCorruptAsync(() => _store.ReadAsync(artifact), artifact);
        await ExpectCorruptAsync(() => _store.ReadAsync(artifact, 0, 25_000), artifact);
    }

    [Fact]
    public async Task Links_InPlaceOfFiles_AreRefused()
    {
        if (OperatingSystem.IsWindows())
            return;
        var large = await _store.PutAsync(Chunked.Bytes(9, 30_000));
        var small = await _store.PutAsync(Chunked.Bytes(10, 300));
        foreach (var (path, artifact) in ((string, ArtifactRef)[])[(Packs.Single(), large), (RecipeOf(large), large),
            (Path.Combine(_directory["blobs/sha256"], small.ParsedDigest.Hex[..2], small.ParsedDigest.Hex[2..]), small)])
        {
            var elsewhere = _directory["elsewhere"];
            _files.Replace(path, elsewhere);
            File.CreateSymbolicLink(path, elsewhere);
            foreach (var act in (Func<Task>[])[() => _store.ReadAsync(artifact), () => _store.ReadAsync(artifact, 0, 10), () => _store.GetLocalPathAsync(artifact.ParsedDigest).AsTask()])
                (await act.Should().ThrowAsync<CorruptDataException>()).WithMessage("*symbolic link*");
            _files.Replace(elsewhere, path);
        }
    }

    [Fact]
    public async Task Put_OfStoredBytes_WritesNothingAndMakesThemYoung()
    {
        foreach (var bytes in (byte[][])[Chunked.Bytes(11, 300), Chunked.Bytes(12, 30_000)])
        {
            var artifact = await _store.PutAsync(bytes);
            var file = bytes.Length == 300 ? Directory.GetFiles(_directory["blobs"], "*", SearchOption.AllDirectories).Single() : Packs.Single();
            File.SetLastWriteTimeUtc(file, new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
            var before = _files.Created;
            (await _store.PutAsync(bytes)).Should().Be(artifact);
            (_files.Created - before).Should().Be(bytes.Length == 300 ? 0 : 1, "only a recipe is drafted for a large one");
            File.GetLastWriteTimeUtc(file).Year.Should().BeGreaterThan(2020);
        }
    }

    [Fact]
    public async Task LargeBlob_OfTheFormatBeforeChunks_IsReadRangedAndNotStoredTwice()
    {
        var bytes = Chunked.Bytes(13, 200_000);
        var old = FileArtifactStore.Open(new PhysicalFileSystem(), _directory.Path, options: new FileArtifactOptions { ChunkThresholdBytes = 1 << 20 });
        var artifact = await old.PutAsync(bytes);
        foreach (var added in (string[])["recipes", "packs", "uploads", "local"])
            Directory.Exists(_directory[added]).Should().BeFalse("a store of small blobs looks as it always did");

        (await _store.ReadAsync(artifact)).Should().Equal(bytes);
        (await _store.ReadAsync(artifact, 100_000, 50)).Should().Equal(bytes[100_000..100_050]);
        using var slow = new Unseekable(new MemoryStream(bytes));
        await _store.PutAsync(slow, "a/b");
        (await _store.GetUsageAsync()).Should().Be(new ArtifactUsage(1, 200_000, 200_000));
        (await _store.ListAsync().ToListAsync()).Should().Equal(artifact.ParsedDigest);

        // Damaged, it is mended in the new form.
        var path = Path.Combine(_directory["blobs/sha256"], artifact.ParsedDigest.Hex[..2], artifact.ParsedDigest.Hex[2..]);
        await File.WriteAllBytesAsync(path, bytes[..^1]);
        await _store.PutAsync(bytes);
        (await _store.ReadAsync(artifact)).Should().Equal(bytes);
        File.Exists(path).Should().BeFalse();
    }

    [Fact]
    public async Task LocalCopies_BeyondTheirBound_AreEvictedOldestFirst()
    {
        var clock = new FakeClock(new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero));
        var store = FileArtifactStore.Open(_files, _directory.Path, clock, Chunked.Options with { LocalCopyBytes = 70_000 });
        var first = await store.PutAsync(Chunked.Bytes(14, 40_000));
        var second = await store.PutAsync(Chunked.Bytes(15, 41_000));
        var path = await store.GetLocalPathAsync(first.ParsedDigest);
        File.SetLastWriteTimeUtc(path, new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        (await File.ReadAllBytesAsync(await store.GetLocalPathAsync(second.ParsedDigest))).Length.Should().Be(41_000);
        File.Exists(path).Should().BeFalse();

        // Torn by a power cut, a copy is made again.
        path = await store.GetLocalPathAsync(first.ParsedDigest);
        await File.WriteAllBytesAsync(path, new byte[40_000]);
        (await File.ReadAllBytesAsync(await Open(Chunked.Options).GetLocalPathAsync(first.ParsedDigest))).Should().Equal(Chunked.Bytes(14, 40_000));
    }

    [Fact]
    public async Task Puts_OfSimilarBytesByManyAtOnce_AllComeBack()
    {
        var bytes = Chunked.Bytes(16, 300_000);
        var versions = Enumerable.Range(0, 12).Select(i => Chunked.Edit(bytes, i / 2, 0.02)).ToArray();
        var stores = new[] { _store, Open(Chunked.Options) };
        var artifacts = await Task.WhenAll(versions.Select((v, i) => Task.Run(() => stores[i % 2].PutAsync(v))));
        for (var i = 0; i < versions.Length; i++)
            (await _store.ReadAsync(artifacts[i])).Should().Equal(versions[i]);
        Directory.GetFiles(_directory["temporary"]).Should().BeEmpty();
    }

    private static async Task ExpectCorruptAsync(Func<Task> act, ArtifactRef artifact) =>
        (await act.Should().ThrowAsync<CorruptDataException>()).WithMessage($"*{artifact.ParsedDigest.Hex}*");
}
