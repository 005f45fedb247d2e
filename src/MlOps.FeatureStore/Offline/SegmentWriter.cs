using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace MlOps.Features;

/// <summary>
/// Writes a segment front to back: row groups as they fill, then the index. Only a group and what the index needs of each entity are in memory.
/// <see cref="Finish"/> flushes, publishes and flushes the directory; the manifest row that follows makes the segment visible. Until then the file
/// is temporary, and <see cref="Dispose"/> removes it.
/// </summary>
internal sealed class SegmentWriter : IDisposable
{
    private const int BufferBytes = (4 << 20) + (256 << 10);
    private readonly IFileSystem _files;
    private readonly string _path;
    private readonly IDurableFile _file;
    private readonly bool _hasCommits;
    private readonly RowGroup _group;
    private readonly MemoryStream _directory = new();
    private readonly ByteList _keys = new();
    private readonly List<long> _offsets = [0];
    private readonly List<int> _starts = [];
    private readonly List<ulong> _hashes = [];
    private byte[] _buffer = new byte[16 << 10];
    private int _buffered;
    private long _written;
    private bool _hasAvailable;
    private bool _isFinished;

    /// <param name="files">The file layer.</param>
    /// <param name="path">The segment's final name.</param>
    /// <param name="plan">The view.</param>
    /// <param name="hasCommits">Whether rows carry the commit that brought them.</param>
    /// <param name="shift">How many rows a group has, as a power of two; what suits the view when left out.</param>
    /// <param name="mostRows">How many rows will come at most, so that room for no more is made.</param>
    public SegmentWriter(IFileSystem files, string path, ViewPlan plan, bool hasCommits, int? shift = null, int mostRows = int.MaxValue)
    {
        _files = files;
        _path = path;
        _hasCommits = hasCommits;
        var groupShift = shift ?? SegmentFormat.ShiftFor(plan.Layout);
        _group = new RowGroup(plan.Layout, Math.Clamp(mostRows, 1, 1 << groupShift));
        _file = files.CreateNew(path + ".tmp");
        Span<byte> head = stackalloc byte[SegmentFormat.HeaderBytes];
        head.Clear();
        SegmentFormat.Magic.CopyTo(head);
        BinaryPrimitives.WriteUInt32LittleEndian(head[8..], SegmentFormat.Version);
        BinaryPrimitives.WriteInt32LittleEndian(head[12..], groupShift);
        Encoding.ASCII.GetBytes(plan.View.Hash, head[40..]);
        BinaryPrimitives.WriteUInt32LittleEndian(head[60..], Crc32C.Compute(head[..60]));
        Write(head);
    }

    public int Rows { get; private set; }

    public int Entities => _starts.Count;

    public long FirstEvent { get; private set; } = long.MaxValue;

    public long LastEvent { get; private set; } = long.MinValue;

    public long FirstCommit { get; private set; } = long.MaxValue;

    public long LastCommit { get; private set; } = long.MinValue;

    /// <summary>Writes rows as a segment of their own.</summary>
    public static SegmentSummary Write(IFileSystem files, string path, ViewPlan plan, SortedRows rows, int? shift = null)
    {
        using var writer = new SegmentWriter(files, path, plan, hasCommits: false, shift, rows.Batch.Count);
        for (var e = 0; e < rows.Entities; e++)
            writer.AddEntity(rows.Key(e), rows.StartOf(e));
        writer.Append(rows.Batch, rows.Order);
        return writer.Finish();
    }

    /// <summary>Begins the next entity, in the order of keys; its rows follow in order. Without rows it leaves no trace.</summary>
    public void BeginEntity(ReadOnlySpan<byte> key)
    {
        DropEmptyEntity();
        AddEntity(key, Rows);
    }

    private void AddEntity(ReadOnlySpan<byte> key, int start)
    {
        _starts.Add(start);
        _keys.Add(key);
        _offsets.Add(_keys.Length);
        _hashes.Add(KeyBytes.Hash(key));
    }

    private void Append(RowBatch batch, ReadOnlySpan<int> rows)
    {
        while (rows.Length > 0)
        {
            var take = Math.Min(rows.Length, _group.Capacity - _group.Count);
            _group.Append(batch, rows[..take]);
            Rows += take;
            rows = rows[take..];
            if (_group.IsFull)
                WriteGroup();
        }
    }

    public void Append(SegmentReader reader, long commit, int start, int count)
    {
        while (count > 0)
        {
            var take = Math.Min(count, _group.Capacity - _group.Count);
            _group.Append(reader, commit, start, take);
            Rows += take;
            start += take;
            count -= take;
            if (_group.IsFull)
                WriteGroup();
        }
    }

    public SegmentSummary Finish()
    {
        DropEmptyEntity();
        if (_group.Count > 0)
            WriteGroup();
        Span<byte> tail = stackalloc byte[SegmentFormat.TrailerBytes];
        tail.Clear();
        BinaryPrimitives.WriteInt64LittleEndian(tail, Rows);
        BinaryPrimitives.WriteInt64LittleEndian(tail[8..], Entities);
        BinaryPrimitives.WriteInt64LittleEndian(tail[16..], _directory.Length / SegmentFormat.GroupEntryBytes);
        BinaryPrimitives.WriteInt64LittleEndian(tail[24..], FirstEvent);
        BinaryPrimitives.WriteInt64LittleEndian(tail[32..], LastEvent);
        BinaryPrimitives.WriteInt64LittleEndian(tail[40..], FirstCommit);
        BinaryPrimitives.WriteInt64LittleEndian(tail[48..], LastCommit);
        tail[56] = (byte)((_hasAvailable ? 1 : 0) | (_hasCommits ? 2 : 0));

        using var sums = new MemoryStream();
        _starts.Add(Rows);
        for (var section = 0; section < SegmentFormat.Sections; section++)
        {
            Pad();
            BinaryPrimitives.WriteInt64LittleEndian(tail[(64 + section * 16)..], _written);
            var start = _written;
            WriteSection(section, sums);
            BinaryPrimitives.WriteInt64LittleEndian(tail[(72 + section * 16)..], _written - start);
        }

        _starts.RemoveAt(_starts.Count - 1);
        WriteTable(tail[128..], _directory);
        WriteTable(tail[144..], sums);
        Pad();
        SegmentFormat.Magic.CopyTo(tail[^8..]);
        BinaryPrimitives.WriteUInt32LittleEndian(tail[^12..], Crc32C.Compute(tail[..^12]));
        Write(tail);
        FlushBuffer();
        _file.Flush();
        _file.Dispose();
        if (!_files.Publish(_path + ".tmp", _path))
            throw new StorageException($"Segment '{_path}' exists already although its name was drawn at random. Remove the file if no manifest row names it.");
        _isFinished = true;
        _files.FlushDirectory(Path.GetDirectoryName(_path)!);
        return new SegmentSummary(Rows, FirstEvent, LastEvent, _written);
    }

    public void Dispose()
    {
        _file.Dispose();
        if (_isFinished)
            return;
        try
        {
            _files.Delete(_path + ".tmp");
        }
        catch (StorageException)
        {
            // What made the writer stop is the error to report; the sweep removes the file.
        }
    }

    private void DropEmptyEntity()
    {
        if (_starts.Count == 0 || _starts[^1] != Rows)
            return;
        _starts.RemoveAt(_starts.Count - 1);
        _hashes.RemoveAt(_hashes.Count - 1);
        _offsets.RemoveAt(_offsets.Count - 1);
        _keys.Truncate(_offsets[^1]);
    }

    private void WriteGroup()
    {
        var (first, last) = WordRange.Of(_group.Events);
        (FirstEvent, LastEvent) = (Math.Min(FirstEvent, first), Math.Max(LastEvent, last));
        (first, last) = WordRange.Of(_group.Commits);
        (FirstCommit, LastCommit) = (Math.Min(FirstCommit, first), Math.Max(LastCommit, last));
        _hasAvailable |= _group.HasDelays;
        Pad();
        var most = _group.MostBytes;
        if (_buffered + most > _buffer.Length && (_buffered + most > BufferBytes || !TryGrow(most)))
        {
            FlushBuffer();
            if (most > _buffer.Length)
                _buffer = new byte[most];
        }

        var length = _group.Encode(_buffer.AsSpan(_buffered));
        Span<byte> entry = stackalloc byte[SegmentFormat.GroupEntryBytes];
        BinaryPrimitives.WriteInt64LittleEndian(entry, _written);
        BinaryPrimitives.WriteInt32LittleEndian(entry[8..], length);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[12..], Crc32C.Compute(_buffer.AsSpan(_buffered, length)));
        _directory.Write(entry);
        _buffered += length;
        _written += length;
        _group.Clear();
    }

    private void WriteSection(int section, MemoryStream sums)
    {
        switch (section)
        {
            case SegmentFormat.Keys:
                var sum = new BlockSums(sums);
                foreach (var chunk in _keys.Chunks)
                    WriteBlocks(chunk.Span, sum);
                sum.End();
                break;
            case SegmentFormat.KeyOffsets:
                WriteBlocks(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(_offsets)), sums);
                break;
            case SegmentFormat.Starts:
                WriteBlocks(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(_starts)), sums);
                break;
            default:
                WriteBlocks(MemoryMarshal.AsBytes(Slots().AsSpan()), sums);
                break;
        }
    }

    // A slot holds the upper half of a key's hash and the entity's number plus one; the lower half says where to begin to look.
    private ulong[] Slots()
    {
        if (_hashes.Count == 0)
            return [];
        var size = 4L;
        while (size * 2 < _hashes.Count * 3L)
            size *= 2;
        var slots = new ulong[size];
        for (var e = 0; e < _hashes.Count; e++)
        {
            var slot = (long)(uint)_hashes[e] & (size - 1);
            while (slots[slot] != 0)
                slot = (slot + 1) & (size - 1);
            slots[slot] = (_hashes[e] & 0xFFFFFFFF00000000) | (uint)(e + 1);
        }

        return slots;
    }

    private void WriteTable(Span<byte> entry, MemoryStream table)
    {
        Pad();
        BinaryPrimitives.WriteInt64LittleEndian(entry, _written);
        var bytes = table.GetBuffer().AsSpan(0, (int)table.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[8..], Crc32C.Compute(bytes));
        Write(bytes);
    }

    private void WriteBlocks(ReadOnlySpan<byte> bytes, MemoryStream sums)
    {
        var sum = new BlockSums(sums);
        WriteBlocks(bytes, sum);
        sum.End();
    }

    private void WriteBlocks(ReadOnlySpan<byte> bytes, BlockSums sum)
    {
        sum.Add(bytes);
        Write(bytes);
    }

    private void Pad()
    {
        Span<byte> padding = stackalloc byte[SegmentFormat.Alignment];
        padding.Clear();
        Write(padding[..(int)(SegmentFormat.Align(_written) - _written)]);
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            if (_buffered == _buffer.Length && !TryGrow(bytes.Length))
                FlushBuffer();
            var take = Math.Min(bytes.Length, _buffer.Length - _buffered);
            bytes[..take].CopyTo(_buffer.AsSpan(_buffered));
            _buffered += take;
            _written += take;
            bytes = bytes[take..];
        }
    }

    // Small segments, which most pushes and short batches are, do without the large buffer.
    private bool TryGrow(int more)
    {
        var size = (int)Math.Min(BufferBytes, Math.Max(2L * _buffer.Length, (long)_buffered + more));
        if (size <= _buffer.Length)
            return false;
        Array.Resize(ref _buffer, size);
        return true;
    }

    private void FlushBuffer()
    {
        if (_buffered == 0)
            return;
        _file.Write(_buffer.AsSpan(0, _buffered));
        _buffered = 0;
    }
}
