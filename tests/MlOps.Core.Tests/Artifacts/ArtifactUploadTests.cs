using MlOps.Artifacts;
using MlOps.Files;
using MlOps.Testing;

namespace MlOps.Core.Tests.Artifacts;

public sealed class ArtifactUploadTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly IArtifactStore _store;

    public ArtifactUploadTests() => _store = Open();

    public void Dispose() => _directory.Dispose();

    private IArtifactStore Open(FileArtifactOptions? options = null, TimeProvider? clock = null) =>
        FileArtifactStore.Open(new PhysicalFileSystem(), _directory.Path, clock, options ?? Chunked.Options);

    private string[] Parts => Directory.Exists(_directory["uploads"]) ? Directory.GetFiles(_directory["uploads"], "*", SearchOption.AllDirectories) : [];

    [Fact]
    public async Task Upload_WhoseProcessDied_GoesOnAtTheLastDurableOffset()
    {
        var bytes = Chunked.Bytes(1, 40 << 20);
        var upload = await _store.BeginUploadAsync("run 17/../checkpoint");
        using var dying = new DyingStream(bytes, 35 << 20);
        await upload.Awaiting(u => u.AppendAsync(dying).AsTask()).Should().ThrowAsync<IOException>();

        var again = await Open().BeginUploadAsync("run 17/../checkpoint");
        again.Offset.Should().Be(32 << 20, "every 16 MiB become durable");
        using var rest = new MemoryStream(bytes[(int)again.Offset..]);
        (await again.AppendAsync(rest)).Should().Be(bytes.Length);
        var artifact = await again.CompleteAsync("a/b", ArtifactDigest.Of(bytes));
        (await _store.ReadAsync(artifact)).Should().Equal(bytes);
        Parts.Should().BeEmpty();
        (await _store.BeginUploadAsync("run 17/../checkpoint")).Offset.Should().Be(0);
        Directory.GetFiles(_directory["temporary"]).Should().BeEmpty();
    }

    [Fact]
    public async Task Parts_PutInParallelAndOutOfOrder_AreJoinedInOrder()
    {
        var bytes = Chunked.Bytes(2, 500_000);
        var upload = await _store.BeginUploadAsync("parts");
        await Task.WhenAll(Enumerable.Range(0, 10).Reverse().Select(i => Task.Run(async () =>
        {
            using var part = new MemoryStream(bytes, i * 50_000, 50_000);
            await upload.PutPartAsync(i + 1, part);
        })));
        upload.Parts.Should().HaveCount(10);
        using var wrong = new MemoryStream(new byte[3]);
        await upload.PutPartAsync(4, wrong);
        (await upload.Awaiting(u => u.CompleteAsync("a/b", ArtifactDigest.Of(bytes)).AsTask()).Should().ThrowAsync<InvalidInputException>()).WithMessage("*expected*");
        using var right = new MemoryStream(bytes, 150_000, 50_000);
        await upload.PutPartAsync(4, right);
        (await _store.ReadAsync(await upload.CompleteAsync("a/b", ArtifactDigest.Of(bytes)))).Should().Equal(bytes);
    }

    [Fact]
    public async Task Upload_ThatMisses_APart_SaysWhich()
    {
        var upload = await _store.BeginUploadAsync("gap");
        foreach (var number in (int[])[1, 3])
        {
            using var part = new MemoryStream(new byte[10]);
            await upload.PutPartAsync(number, part);
        }

        upload.Offset.Should().Be(10);
        (await upload.Awaiting(u => u.CompleteAsync("a/b").AsTask()).Should().ThrowAsync<InvalidInputException>()).WithMessage("*number 2*");
        using var more = new MemoryStream(new byte[10]);
        await upload.Awaiting(u => u.AppendAsync(more).AsTask()).Should().ThrowAsync<InvalidInputException>();
        await upload.Awaiting(u => u.PutPartAsync(0, more).AsTask()).Should().ThrowAsync<InvalidInputException>();
        await upload.AbandonAsync();
        Parts.Should().BeEmpty();
    }

    [Fact]
    public async Task Completion_CalledAgainAfterACrash_GivesTheSameArtifact()
    {
        var bytes = Chunked.Bytes(3, 30_000);
        var upload = await _store.BeginUploadAsync("twice");
        using var content = new MemoryStream(bytes);
        await upload.AppendAsync(content);
        var part = Parts.Single();
        var kept = await File.ReadAllBytesAsync(part);
        var first = await upload.CompleteAsync("a/b");
        await File.WriteAllBytesAsync(part, kept);
        (await (await Open().BeginUploadAsync("twice")).CompleteAsync("a/b")).Should().Be(first);
    }

    [Fact]
    public async Task StaleUpload_IsSweptWhenTheStoreOpens()
    {
        var upload = await _store.BeginUploadAsync("stale");
        using var content = new MemoryStream(new byte[10]);
        await upload.AppendAsync(content);
        Open();
        Parts.Should().ContainSingle();
        Open(clock: new FakeClock(new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero)));
        Parts.Should().BeEmpty();
    }

    [Fact]
    public async Task Quota_RefusesBeforeWritingWhenTheLengthIsKnown()
    {
        var files = new HookedFileSystem(new PhysicalFileSystem());
        var store = FileArtifactStore.Open(files, _directory.Path, options: Chunked.Options with { QuotaBytes = 100_000 });
        var stored = Chunked.Bytes(4, 60_000);
        await store.PutAsync(stored);
        var created = files.Created;
        var refusal = (await store.Awaiting(s => s.PutAsync(Chunked.Bytes(5, 50_000))).Should().ThrowAsync<QuotaExceededException>()).Which;
        refusal.QuotaBytes.Should().Be(100_000);
        refusal.UsedBytes.Should().BeInRange(60_000, 62_000);
        refusal.Message.Should().Contain("100000").And.Contain("collect");
        files.Created.Should().Be(created);

        // What is stored already costs nothing.
        await store.PutAsync(stored);

        using var unknown = new Unseekable(new MemoryStream(Chunked.Bytes(6, 50_000)));
        await store.Awaiting(s => s.PutAsync(unknown, "a/b").AsTask()).Should().ThrowAsync<QuotaExceededException>();
        using var similar = new Unseekable(new MemoryStream(Chunked.Edit(stored, 1, 0.01)));
        await store.PutAsync(similar, "a/b");
        using var small = new Unseekable(new MemoryStream(Chunked.Bytes(7, 4000)));
        await store.PutAsync(small, "a/b");
        var upload = await store.BeginUploadAsync("large");
        using var large = new MemoryStream(new byte[50_000]);
        await upload.Awaiting(u => u.AppendAsync(large).AsTask()).Should().ThrowAsync<QuotaExceededException>();
        Directory.GetFiles(_directory["temporary"]).Should().BeEmpty();

        await store.CollectAsync((_, _) => ValueTask.FromResult(false), DateTimeOffset.MaxValue);
        await store.PutAsync(Chunked.Bytes(5, 50_000));
    }

    [Fact]
    public async Task Quota_SharedByTwoProcesses_IsExceededByLessThanABlob()
    {
        var options = Chunked.Options with { QuotaBytes = 400_000 };
        var stores = new[] { Open(options), Open(options) };
        var refused = 0;
        await Task.WhenAll(stores.Select((store, i) => Task.Run(async () =>
        {
            for (var n = 0; n < 20; n++)
            {
                try
                {
                    await store.PutAsync(Chunked.Bytes((i * 100) + n, 30_000));
                }
                catch (QuotaExceededException)
                {
                    Interlocked.Increment(ref refused);
                }
            }
        })));
        refused.Should().BePositive();
        (await _store.GetUsageAsync()).StoredBytes.Should().BeInRange(340_000, 435_000);
    }

    private sealed class DyingStream(byte[] bytes, int diesAt) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            Position >= diesAt ? throw new IOException("The source is gone.") : base.ReadAsync(buffer, cancellationToken);
    }
}
