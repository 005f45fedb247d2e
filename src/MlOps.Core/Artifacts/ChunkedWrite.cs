using System.Buffers;
using System.Security.Cryptography;
using System.Threading.Channels;

namespace MlOps.Artifacts;

/// <summary>
/// One upload in chunks: while the caller's stream is read, one task hashes the whole and another cuts, hashes, compares and writes
/// chunks. A few blocks go round between them; nothing else grows with the upload. A chunk is shared only after its stored bytes
/// were compared, so that a damaged pack is never relied upon.
/// </summary>
internal sealed class ChunkedWrite : IDisposable
{
    private const int BlockBytes = 1 << 19;
    private const int Blocks = 6;
    private readonly IFileSystem _files;
    private readonly ContentChunker _chunker;
    private readonly ChunkIndex? _index;
    private readonly PackReader _packs;
    private readonly Func<Guid, bool> _protect;
    private readonly Action<long> _admit;
    private readonly HashSet<Guid> _protected = [];
    private readonly byte[] _carry;
    private readonly byte[] _compare;
    private int _carried;
    private IDurableFile? _pack;

    // Without an index nothing is shared; protect makes a pack young, or says that it has gone; admit throws when so many new bytes are too many.
    public ChunkedWrite(
        IFileSystem files, string packPath, RecipeWriter recipe, ContentChunker chunker, ChunkIndex? index,
        Func<Guid, (Stream Stream, string Path)?> open, Func<Guid, bool> protect, Action<long> admit)
    {
        _files = files;
        PackPath = packPath;
        Recipe = recipe;
        _chunker = chunker;
        _index = index;
        _protect = protect;
        _admit = admit;
        _packs = new PackReader(pack => pack == Pack ? (files.OpenRead(packPath), packPath) : open(pack));
        _carry = new byte[chunker.Maximum];
        _compare = new byte[chunker.Maximum];
    }

    public Guid Pack { get; } = Guid.NewGuid();

    public string PackPath { get; }

    public RecipeWriter Recipe { get; }

    /// <summary>Bytes that were not stored before.</summary>
    public long NewBytes => _pack?.Length ?? 0;

    public async ValueTask<ArtifactDigest> RunAsync(Func<Memory<byte>, CancellationToken, ValueTask<int>> read, Action<long> checkLength, CancellationToken cancellationToken)
    {
        var free = Channel.CreateUnbounded<Block>();
        var toHash = Channel.CreateUnbounded<Block>();
        var toCut = Channel.CreateUnbounded<Block>();
        var blocks = new Block[Blocks];
        for (var i = 0; i < Blocks; i++)
            free.Writer.TryWrite(blocks[i] = new Block(ArrayPool<byte>.Shared.Rent(_chunker.Maximum + BlockBytes)));
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var hashing = ConsumeAsync(toHash.Reader, free.Writer, block => hash.AppendData(block.Buffer, _chunker.Maximum, block.Count));
        var cutting = ConsumeAsync(toCut.Reader, free.Writer, Cut);
        try
        {
            var total = 0L;
            int count;
            do
            {
                var block = await free.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
                count = await FillAsync(read, block.Buffer.AsMemory(_chunker.Maximum, BlockBytes), cancellationToken).ConfigureAwait(false);
                checkLength(total += count);
                block.Count = count;
                block.Users = 2;
                toHash.Writer.TryWrite(block);
                toCut.Writer.TryWrite(block);
            }
            while (count == BlockBytes);
        }
        catch (ChannelClosedException)
        {
            // One of the tasks failed; its error is thrown below.
        }
        finally
        {
            toHash.Writer.TryComplete();
            toCut.Writer.TryComplete();
            await Task.WhenAll(hashing, cutting).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            foreach (var block in blocks)
                ArrayPool<byte>.Shared.Return(block.Buffer);
        }

        await cutting.ConfigureAwait(false);
        await hashing.ConfigureAwait(false);
        if (_carried > 0)
            StoreAll(_carry.AsSpan(0, _carried), isEnd: true);
        return ArtifactDigest.FromHash(hash.GetHashAndReset());
    }

    /// <summary>Makes the new chunks durable; false when there are none.</summary>
    public bool FlushPack()
    {
        if (_pack is null)
            return false;
        _pack.Flush();
        _pack.Dispose();
        return true;
    }

    public void Dispose()
    {
        _packs.Dispose();
        _pack?.Dispose();
        Recipe.Dispose();
    }

    private static Task ConsumeAsync(ChannelReader<Block> blocks, ChannelWriter<Block> free, Action<Block> consume) => Task.Run(async () =>
    {
        try
        {
            await foreach (var block in blocks.ReadAllAsync().ConfigureAwait(false))
            {
                consume(block);
                if (Interlocked.Decrement(ref block.Users) == 0)
                    free.TryWrite(block);
            }
        }
        catch (Exception exception)
        {
            free.TryComplete(exception);
            throw;
        }
    });

    private static async ValueTask<int> FillAsync(Func<Memory<byte>, CancellationToken, ValueTask<int>> read, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var count = 0;
        while (count < buffer.Length)
        {
            var got = await read(buffer[count..], cancellationToken).ConfigureAwait(false);
            if (got == 0)
                break;
            count += got;
        }

        return count;
    }

    private void Cut(Block block)
    {
        // What the last block left goes right before this one's bytes, where room is kept for it.
        var start = _chunker.Maximum - _carried;
        _carry.AsSpan(0, _carried).CopyTo(block.Buffer.AsSpan(start));
        var bytes = block.Buffer.AsSpan(start, _carried + block.Count);
        var rest = StoreAll(bytes, isEnd: false);
        _carried = bytes.Length - rest;
        bytes[rest..].CopyTo(_carry);
    }

    /// <summary>Stores the chunks that end within the bytes; where the rest begins.</summary>
    private int StoreAll(ReadOnlySpan<byte> bytes, bool isEnd)
    {
        var at = 0;
        int length;
        while (at < bytes.Length && (length = _chunker.Cut(bytes[at..], isEnd)) > 0)
        {
            Store(bytes.Slice(at, length));
            at += length;
        }

        return at;
    }

    private void Store(ReadOnlySpan<byte> chunk)
    {
        var key = ChunkKey.Of(chunk);
        if (_index is not null && _index.TryFind(key, out var found) && CanShare(found, chunk))
        {
            Recipe.Add(found);
            return;
        }

        _admit((_pack?.Length ?? 0) + chunk.Length);
        if (_pack is null)
        {
            _pack = _files.CreateNew(PackPath);
            _pack.Write(PackFormat.Head);
        }

        var entry = new ChunkEntry(key, Pack, _pack.Length, chunk.Length);
        _pack.Write(chunk);
        _index?.Remember(entry);
        Recipe.Add(entry);
    }

    private bool CanShare(in ChunkEntry found, ReadOnlySpan<byte> chunk)
    {
        if (found.Length != chunk.Length || !Recipe.CanName(found.Pack))
            return false;
        // Young before it is relied upon, so that a collection that runs beside this upload leaves it.
        if (found.Pack != Pack && !_protected.Contains(found.Pack))
        {
            if (!_protect(found.Pack))
                return false;
            _protected.Add(found.Pack);
        }

        var stored = _compare.AsSpan(0, chunk.Length);
        if (_packs.TryRead(found.Pack, found.Offset, stored) is { } result && result.Read == chunk.Length && stored.SequenceEqual(chunk))
            return true;
        _index!.Forget(found.Key);
        return false;
    }

    private sealed class Block(byte[] buffer)
    {
        public int Users;

        public byte[] Buffer => buffer;

        public int Count { get; set; }
    }
}
