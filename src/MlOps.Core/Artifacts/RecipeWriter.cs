using System.Buffers.Binary;

namespace MlOps.Artifacts;

/// <summary>Writes a recipe as its chunks come, so that it never lies in memory. Not thread-safe.</summary>
internal sealed class RecipeWriter : IDisposable
{
    private const int FlushBytes = 64 * RecipeFormat.EntryBytes;
    private readonly IDurableFile _file;
    private readonly int _averageBytes;
    private readonly Dictionary<Guid, int> _packs = [];
    private readonly List<(ulong Key, int Segment)> _hooks = [];
    private readonly byte[] _buffer = new byte[FlushBytes + 64];
    private int _buffered;
    private uint _crc;

    public RecipeWriter(IFileSystem files, string path, int averageBytes)
    {
        _averageBytes = averageBytes;
        _file = files.CreateNew(path);
        Span<byte> head = stackalloc byte[RecipeFormat.HeadBytes];
        head.Clear();
        RecipeFormat.Magic.CopyTo(head);
        BinaryPrimitives.WriteUInt32LittleEndian(head[8..], RecipeFormat.Version);
        Append(head);
    }

    public string Path => _file.Path;

    public int Chunks { get; private set; }

    public long Length { get; private set; }

    public long FileLength => _file.Length;

    public IReadOnlyCollection<Guid> Packs => _packs.Keys;

    public IReadOnlyList<(ulong Key, int Segment)> Hooks => _hooks;

    /// <summary>Whether a chunk of this pack can be named; a recipe that would be scattered over more packs takes the bytes anew.</summary>
    public bool CanName(Guid pack) => _packs.Count < RecipeFormat.MaximumPacks - 1 || _packs.ContainsKey(pack);

    public void Add(in ChunkEntry entry)
    {
        var segment = Chunks / RecipeFormat.SegmentEntries;
        Span<byte> bytes = stackalloc byte[RecipeFormat.EntryBytes];
        if (Chunks % RecipeFormat.SegmentEntries == 0)
        {
            EndSegment();
            BinaryPrimitives.WriteInt64LittleEndian(bytes, Length);
            Append(bytes[..8]);
            _hooks.Add((entry.Key.A, segment));
        }
        else if (ChunkIndex.IsHook(entry.Key))
        {
            _hooks.Add((entry.Key.A, segment));
        }

        if (!_packs.TryGetValue(entry.Pack, out var pack))
            _packs.Add(entry.Pack, pack = _packs.Count);
        entry.Key.Write(bytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[32..], entry.Length);
        // The offset first, as 8 bytes: its upper two are zero and make room for the pack.
        BinaryPrimitives.WriteInt64LittleEndian(bytes[36..], entry.Offset | ((long)pack << 48));
        Append(bytes);
        Chunks++;
        Length += entry.Length;
    }

    /// <summary>Completes the file and makes it durable.</summary>
    public void Finish(ArtifactDigest digest)
    {
        EndSegment();
        _crc = uint.MaxValue;
        Span<byte> bytes = stackalloc byte[RecipeFormat.FootBytes];
        foreach (var pack in _packs.OrderBy(p => p.Value))
        {
            pack.Key.TryWriteBytes(bytes);
            Append(bytes[..RecipeFormat.PackBytes]);
        }

        foreach (var (key, segment) in _hooks)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, key);
            BinaryPrimitives.WriteInt32LittleEndian(bytes[8..], segment);
            Append(bytes[..RecipeFormat.HookBytes]);
        }

        Convert.FromHexString(digest.Hex).CopyTo(bytes);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[32..], Length);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[40..], Chunks);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[44..], _packs.Count);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[48..], _hooks.Count);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[52..], _crc);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[56..], _averageBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[60..], RecipeFormat.Version);
        RecipeFormat.Magic.CopyTo(bytes[64..]);
        bytes[72..].Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[76..], RecipeFormat.Crc(bytes[..76]));
        Append(bytes);
        Drain();
        _file.Flush();
    }

    public void Dispose() => _file.Dispose();

    private void EndSegment()
    {
        if (Chunks > 0)
        {
            Span<byte> crc = stackalloc byte[4];
            BinaryPrimitives.WriteUInt32LittleEndian(crc, _crc);
            Append(crc);
        }

        _crc = uint.MaxValue;
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        _crc = RecipeFormat.Crc(bytes, _crc);
        if (_buffered + bytes.Length > _buffer.Length)
            Drain();
        bytes.CopyTo(_buffer.AsSpan(_buffered));
        _buffered += bytes.Length;
    }

    private void Drain()
    {
        _file.Write(_buffer.AsSpan(0, _buffered));
        _buffered = 0;
    }

}
