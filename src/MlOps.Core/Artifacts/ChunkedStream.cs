namespace MlOps.Artifacts;

/// <summary>
/// The bytes of a chunked blob. Neighbours in a pack are read in one call. When a pack has gone because collection rewrote it, the recipe
/// is opened anew: the new one names the pack that took its place.
/// </summary>
internal sealed class ChunkedStream : ForwardStream
{
    private readonly Func<Recipe> _reopen;
    private readonly PackReader _packs;
    private readonly bool _verifyChunks;
    private readonly long _end;
    private readonly long _first;
    private Recipe _recipe;
    private long _position;
    private int _segment = -1;
    private int _entry;
    private long _entryStart;
    private byte[] _chunk = [];
    private long _chunkStart = -1;
    private int _chunkLength;

    public ChunkedStream(Func<Recipe> reopen, PackReader packs, bool verifyChunks, long offset, long? length)
    {
        _reopen = reopen;
        _packs = packs;
        _verifyChunks = verifyChunks;
        _recipe = reopen();
        BlobLength = _recipe.Length;
        _first = _position = offset;
        _end = length is { } asked ? offset + asked : BlobLength;
    }

    /// <summary>The length of the whole blob.</summary>
    public long BlobLength { get; }

    public override long Length => _end - _first;

    public override long Position
    {
        get => _position - _first;
        set => throw new NotSupportedException("An artifact is read forward only, so that it can be verified.");
    }

    public override int Read(Span<byte> buffer)
    {
        var total = 0;
        while (buffer.Length > 0 && _position < _end)
        {
            var read = _verifyChunks ? ReadVerified(buffer) : ReadRun(buffer);
            total += read;
            _position += read;
            buffer = buffer[read..];
        }

        return total;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _packs.Dispose();
            _recipe.Dispose();
        }

        base.Dispose(disposing);
    }

    private int ReadRun(Span<byte> buffer)
    {
        var entries = Locate();
        var first = entries[_entry];
        var skip = _position - _entryStart;
        var run = first.Length - skip;
        var wanted = Math.Min(buffer.Length, _end - _position);
        for (var i = _entry + 1; run < wanted && i < entries.Length && entries[i].Pack == first.Pack && entries[i].Offset == first.Offset + skip + run; i++)
            run += entries[i].Length;
        return ReadPack(first.Pack, first.Offset + skip, buffer[..(int)Math.Min(run, wanted)]) ? (int)Math.Min(run, wanted) : 0;
    }

    private int ReadVerified(Span<byte> buffer)
    {
        if (_chunkStart < 0 || _position < _chunkStart || _position >= _chunkStart + _chunkLength)
        {
            var entry = Locate()[_entry];
            if (_chunk.Length < entry.Length)
                _chunk = new byte[entry.Length];
            _chunkStart = -1;
            if (!ReadPack(entry.Pack, entry.Offset, _chunk.AsSpan(0, entry.Length)))
                return 0;
            if (ChunkKey.Of(_chunk.AsSpan(0, entry.Length)) != entry.Key)
                throw Damaged($"the chunk at byte {_entryStart} is not what its SHA-256 says, at {entry.Offset} of pack {entry.Pack:N}");
            (_chunkStart, _chunkLength) = (_entryStart, entry.Length);
        }

        var skip = (int)(_position - _chunkStart);
        var count = (int)Math.Min(Math.Min(buffer.Length, _chunkLength - skip), _end - _position);
        _chunk.AsSpan(skip, count).CopyTo(buffer);
        return count;
    }

    /// <summary>False when the recipe was opened anew, and the caller is to look again.</summary>
    private bool ReadPack(Guid pack, long offset, Span<byte> buffer)
    {
        if (_packs.TryRead(pack, offset, buffer) is { } result)
        {
            return result.Read == buffer.Length
                ? true
                : throw Damaged($"the pack '{result.Path}' ends before byte {offset + buffer.Length}");
        }

        var again = _reopen();
        if (again.Length != BlobLength || again.Packs.Contains(pack))
        {
            again.Dispose();
            throw Damaged($"its pack {pack:N} is not there");
        }

        _recipe.Dispose();
        _recipe = again;
        _segment = -1;
        return false;
    }

    /// <summary>Makes <see cref="_entry"/> the chunk at the position.</summary>
    private ChunkEntry[] Locate()
    {
        if (_segment < 0)
        {
            _segment = _recipe.Find(_position);
            (_entry, _entryStart) = (0, _recipe.Segment(_segment).Start);
        }

        var (start, entries) = _recipe.Segment(_segment);
        while (true)
        {
            if (_entry == entries.Length)
            {
                if (++_segment == _recipe.Segments)
                    throw Damaged($"its chunks end at byte {_entryStart} of {BlobLength}");
                (start, entries) = _recipe.Segment(_segment);
                if (start != _entryStart)
                    throw Damaged($"segment {_segment} begins at byte {start} where {_entryStart} is expected");
                _entry = 0;
            }

            if (_position < _entryStart + entries[_entry].Length)
                return entries;
            _entryStart += entries[_entry++].Length;
        }
    }

    private CorruptDataException Damaged(string reason) =>
        new($"Artifact {_recipe.Digest} cannot be read: {reason}. Restore the pack or the recipe from a backup, or store the artifact again.");
}
