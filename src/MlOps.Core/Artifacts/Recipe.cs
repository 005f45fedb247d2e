using System.Buffers.Binary;

namespace MlOps.Artifacts;

/// <summary>An open recipe: which chunks make a blob. Segments are read when they are needed. Not thread-safe.</summary>
internal sealed class Recipe : IDisposable
{
    private readonly Stream _stream;
    private readonly string _path;
    private readonly int _hookCount;
    private int _loaded = -1;
    private ChunkEntry[] _entries = [];
    private long _start;

    private Recipe(Stream stream, string path, ArtifactDigest digest, long length, int chunks, Guid[] packs, int hooks)
    {
        _stream = stream;
        _path = path;
        Digest = digest;
        Length = length;
        Chunks = chunks;
        Packs = packs;
        _hookCount = hooks;
    }

    public ArtifactDigest Digest { get; }

    public long Length { get; }

    public int Chunks { get; }

    public int Segments => RecipeFormat.Segments(Chunks);

    public IReadOnlyList<Guid> Packs { get; }

    public long FileLength => _stream.Length;

    /// <summary>Opens and checks everything but the segments, which are checked when they are read.</summary>
    /// <exception cref="CorruptDataException">The file is not a whole recipe of that digest.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static Recipe Open(IFileSystem files, string path, ArtifactDigest? expected)
    {
        var stream = files.OpenRead(path);
        try
        {
            return Open(stream, path, expected);
        }
        catch (IOException exception)
        {
            stream.Dispose();
            throw Files.StorageErrors.From("read", path, exception);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>The chunks of one segment and the logical offset of the first.</summary>
    public (long Start, ChunkEntry[] Entries) Segment(int segment)
    {
        if (segment == _loaded)
            return (_start, _entries);
        var count = Math.Min(RecipeFormat.SegmentEntries, Chunks - (segment * RecipeFormat.SegmentEntries));
        var bytes = new byte[(count * RecipeFormat.EntryBytes) + RecipeFormat.SegmentExtraBytes];
        ReadAt(RecipeFormat.SegmentAt(segment), bytes);
        var body = bytes.AsSpan(0, bytes.Length - 4);
        if (RecipeFormat.Crc(body) != BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(body.Length)))
            throw Damaged(_path, Digest, $"the checksum of segment {segment} does not fit");
        var entries = new ChunkEntry[count];
        var start = BinaryPrimitives.ReadInt64LittleEndian(bytes);
        var sum = start;
        for (var i = 0; i < count; i++)
        {
            var entry = body[(8 + (i * RecipeFormat.EntryBytes))..];
            var place = BinaryPrimitives.ReadUInt64LittleEndian(entry[36..]);
            var length = BinaryPrimitives.ReadInt32LittleEndian(entry[32..]);
            var pack = (int)(place >> 48);
            if (length is < 1 or > RecipeFormat.MaximumChunkBytes || pack >= Packs.Count)
                throw Damaged(_path, Digest, $"chunk {i} of segment {segment} has length {length} in pack {pack} of {Packs.Count}");
            entries[i] = new ChunkEntry(ChunkKey.Read(entry), Packs[pack], (long)(place & 0xffff_ffff_ffff), length);
            sum += length;
        }

        if (start < 0 || (segment == 0 && start != 0) || sum > Length || (segment == Segments - 1 && sum != Length))
            throw Damaged(_path, Digest, $"segment {segment} spans the bytes {start} to {sum} of {Length}");
        (_loaded, _start, _entries) = (segment, start, entries);
        return (start, entries);
    }

    /// <summary>The segment that holds a logical offset.</summary>
    public int Find(long offset)
    {
        var (low, high) = (0, Segments - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (Segment(middle).Start <= offset)
                low = middle;
            else
                high = middle - 1;
        }

        return low;
    }

    public IEnumerable<(ulong Key, int Segment)> Hooks()
    {
        var bytes = new byte[_hookCount * RecipeFormat.HookBytes];
        ReadAt(RecipeFormat.TableAt(Chunks) + (Packs.Count * RecipeFormat.PackBytes), bytes);
        for (var i = 0; i < _hookCount; i++)
        {
            var hook = bytes.AsSpan(i * RecipeFormat.HookBytes);
            yield return (BinaryPrimitives.ReadUInt64LittleEndian(hook), BinaryPrimitives.ReadInt32LittleEndian(hook[8..]));
        }
    }

    public void Dispose() => _stream.Dispose();

    public static CorruptDataException Damaged(string path, ArtifactDigest? digest, string reason) =>
        new($"The recipe '{path}' of artifact {digest} is damaged: {reason}. Restore it from a backup, or store the artifact again.");

    private static Recipe Open(Stream stream, string path, ArtifactDigest? expected)
    {
        if (stream.Length < RecipeFormat.HeadBytes + RecipeFormat.FootBytes)
            throw Damaged(path, expected, $"it has only {stream.Length} bytes");
        Span<byte> head = stackalloc byte[RecipeFormat.HeadBytes];
        stream.ReadExactly(head);
        Span<byte> foot = stackalloc byte[RecipeFormat.FootBytes];
        stream.Position = stream.Length - foot.Length;
        stream.ReadExactly(foot);
        if (!head.StartsWith(RecipeFormat.Magic) || head[12..].ContainsAnyExcept((byte)0) || !foot[64..].StartsWith(RecipeFormat.Magic) ||
            RecipeFormat.Crc(foot[..76]) != BinaryPrimitives.ReadUInt32LittleEndian(foot[76..]))
        {
            throw Damaged(path, expected, "its head or foot is not that of a recipe");
        }

        var version = BinaryPrimitives.ReadUInt32LittleEndian(foot[60..]);
        if (version > RecipeFormat.Version || BinaryPrimitives.ReadUInt32LittleEndian(head[8..]) != version)
            throw Damaged(path, expected, $"it has format {version}, and this library reads formats up to {RecipeFormat.Version}");
        var digest = ArtifactDigest.FromHash(foot[..32]);
        var length = BinaryPrimitives.ReadInt64LittleEndian(foot[32..]);
        var chunks = BinaryPrimitives.ReadInt32LittleEndian(foot[40..]);
        var packs = BinaryPrimitives.ReadInt32LittleEndian(foot[44..]);
        var hooks = BinaryPrimitives.ReadInt32LittleEndian(foot[48..]);
        if (chunks < 0 || packs is < 0 or > RecipeFormat.MaximumPacks || hooks < 0 || hooks > chunks || length < 0 || (chunks == 0) != (length == 0) ||
            stream.Length != RecipeFormat.TableAt(chunks) + ((long)packs * RecipeFormat.PackBytes) + ((long)hooks * RecipeFormat.HookBytes) + RecipeFormat.FootBytes)
        {
            throw Damaged(path, expected, $"it says {chunks} chunks, {packs} packs, {hooks} hooks and {length} bytes, which its {stream.Length} bytes cannot be");
        }

        if (expected is { } wanted && wanted != digest)
            throw Damaged(path, expected, $"it belongs to {digest}");
        return new Recipe(stream, path, digest, length, chunks, ReadPacks(stream, path, digest, chunks, packs, hooks, foot), hooks);
    }

    private static Guid[] ReadPacks(Stream stream, string path, ArtifactDigest digest, int chunks, int packs, int hooks, ReadOnlySpan<byte> foot)
    {
        var bytes = new byte[(packs * RecipeFormat.PackBytes) + (hooks * RecipeFormat.HookBytes)];
        stream.Position = RecipeFormat.TableAt(chunks);
        stream.ReadExactly(bytes);
        if (RecipeFormat.Crc(bytes) != BinaryPrimitives.ReadUInt32LittleEndian(foot[52..]))
            throw Damaged(path, digest, "the checksum of its table of packs does not fit");
        var table = new Guid[packs];
        for (var i = 0; i < packs; i++)
            table[i] = new Guid(bytes.AsSpan(i * RecipeFormat.PackBytes, RecipeFormat.PackBytes));
        return table;
    }

    private void ReadAt(long position, byte[] bytes)
    {
        try
        {
            _stream.Position = position;
            _stream.ReadExactly(bytes);
        }
        catch (EndOfStreamException)
        {
            throw Damaged(_path, Digest, "it was cut while it was read");
        }
        catch (IOException exception)
        {
            throw Files.StorageErrors.From("read", _path, exception);
        }
    }
}
