using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using System.Text;

namespace MlOps.Features;

/// <summary>
/// A segment mapped into memory. Opening reads its trailer and tables only; every row group and every block of the index is verified when it is first
/// touched, so that a flipped bit is named and leaves the rest readable. Shared by joins, which lease it; the mapping goes when the last lease ends
/// after retirement. Thread-safe.
/// </summary>
internal sealed unsafe partial class SegmentReader
{
    private readonly string _path;
    private readonly SegmentLayout _layout;
    private readonly MemoryMappedFile? _map;
    private readonly MemoryMappedViewAccessor? _view;
    private readonly Lock _gate = new();
    private readonly long _length;
    private readonly long[] _sectionAt = new long[SegmentFormat.Sections];
    private readonly long[] _sectionLength = new long[SegmentFormat.Sections];
    private readonly int[] _firstBlock = new int[SegmentFormat.Sections];
    private byte* _base;
    private byte* _groups;
    private byte* _blockSums;
    private byte[] _verifiedGroups = [];
    private byte[] _verifiedBlocks = [];
    private int _shift;
    private int _isIndexAsked;
    private int _leases = 1;

    private SegmentReader(IFileSystem files, string path, ViewPlan plan)
    {
        _path = path;
        _layout = plan.Layout;
        var stream = files.OpenRead(path);
        _length = stream.Length;
        if (stream is FileStream file && _length > 0)
        {
            _map = MemoryMappedFile.CreateFromFile(file, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
            _view = _map.CreateViewAccessor(0, _length, MemoryMappedFileAccess.Read);
            _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _base);
            _base += _view.PointerOffset;
            // The kernel's read-ahead is for files read from front to back; here a few rows are wanted of many places.
            MappedPages.ExpectRandomReads(_base, _length);
        }
        else
        {
            // A file layer without real files, as in tests: the bytes are read into native memory instead.
            using (stream)
            {
                _base = (byte*)NativeMemory.AlignedAlloc((nuint)Math.Max(_length, 1), SegmentFormat.Alignment);
                for (long at = 0; at < _length;)
                {
                    var read = stream.Read(new Span<byte>(_base + at, (int)Math.Min(1 << 20, _length - at)));
                    if (read == 0)
                        throw Corrupt("ends early");
                    at += read;
                }
            }
        }

        try
        {
            ReadTables(plan);
        }
        catch
        {
            Unmap();
            throw;
        }
    }

    public string Path => _path;

    public int Rows { get; private set; }

    public int Entities { get; private set; }

    public int Groups { get; private set; }

    public int GroupRows => 1 << _shift;

    public long FirstEvent { get; private set; }

    public long LastEvent { get; private set; }

    /// <summary>Whether some row became known at another time than it happened.</summary>
    public bool HasAvailable { get; private set; }

    /// <summary>Whether rows carry the commit that brought them, as in merged segments; else one commit brought all.</summary>
    public bool HasCommit { get; private set; }

    /// <summary>The lowest commit of a merged segment's rows.</summary>
    public long FirstCommit { get; private set; }

    /// <summary>The highest commit of a merged segment's rows.</summary>
    public long LastCommit { get; private set; }

    public long Bytes => _length;

    public static SegmentReader Open(IFileSystem files, string path, ViewPlan plan)
    {
        try
        {
            return new SegmentReader(files, path, plan);
        }
        catch (FileNotFoundException missing)
        {
            throw new CorruptDataException($"Segment '{path}' is named by the manifest but absent. Restore the file from a backup, or ingest its batch into a new version of the view.", missing);
        }
    }

    /// <summary>The number of an entity in this segment; -1 where it has none.</summary>
    public int Find(ReadOnlySpan<byte> key, ulong hash)
    {
        var slots = _sectionLength[SegmentFormat.Slots] / 8;
        if (slots == 0)
            return -1;
        var tag = hash & 0xFFFFFFFF00000000;
        for (var slot = (long)(uint)hash & (slots - 1); ; slot = (slot + 1) & (slots - 1))
        {
            var entry = *(ulong*)Verified(SegmentFormat.Slots, slot * 8, 8);
            if (entry == 0)
                return -1;
            if ((entry & 0xFFFFFFFF00000000) != tag)
                continue;
            var local = (int)(entry & 0xFFFFFFFF) - 1;
            if ((uint)local >= (uint)Entities)
                throw Corrupt($"has an entity {local} in its key index, but {Entities} entities");
            if (Key(local).SequenceEqual(key))
                return local;
        }
    }

    /// <summary>The key of an entity of this segment, as <see cref="EntityKey"/> writes it. Entities are in its order.</summary>
    public ReadOnlySpan<byte> Key(int local)
    {
        var offsets = (long*)Verified(SegmentFormat.KeyOffsets, local * 8L, 16);
        long start = offsets[0], end = offsets[1];
        if (start < 0 || end < start || end > _sectionLength[SegmentFormat.Keys])
            throw Corrupt($"has a key from byte {start} to {end} of {_sectionLength[SegmentFormat.Keys]}");
        return new ReadOnlySpan<byte>(Verified(SegmentFormat.Keys, start, end - start), (int)(end - start));
    }

    /// <summary>Where the rows of an entity lie.</summary>
    public void RowsOf(int local, out int start, out int end)
    {
        var starts = (int*)Verified(SegmentFormat.Starts, local * 4L, 8);
        start = starts[0];
        end = starts[1];
        if (start < 0 || end < start || end > Rows)
            throw Corrupt($"has an entity from row {start} to {end} of {Rows}");
    }

    public bool TryLease()
    {
        lock (_gate)
        {
            if (_leases == 0)
                return false;
            _leases++;
            return true;
        }
    }

    public void Release()
    {
        lock (_gate)
        {
            if (--_leases > 0)
                return;
        }

        Unmap();
    }

    /// <summary>Asks for the pages of rows ahead of their use, so that a cold file is read in parallel; not for many rows, nor for those in use already.</summary>
    public void Prefetch(int start, int end)
    {
        int first = start >> _shift, last = (end - 1) >> _shift;
        if (_view is null || start >= end || last - first > 8 || (_verifiedGroups[first] & _verifiedGroups[last]) != 0)
            return;
        var from = *(long*)GroupEntry(first);
        MappedPages.Prefetch(_base + from, *(long*)GroupEntry(last) + *(int*)(GroupEntry(last) + 8) - from);
    }

    /// <summary>Asks for the pages of the index ahead of its use, unless it is large.</summary>
    public void PrefetchIndex()
    {
        var first = _sectionAt[SegmentFormat.Keys];
        if (_view is not null && Entities > 0 && _length - first <= 16 << 20 && Interlocked.Exchange(ref _isIndexAsked, 1) == 0)
            MappedPages.Prefetch(_base + first, _length - first);
    }

    /// <summary>Checks every block and row group, and names those that are damaged.</summary>
    public List<string> FindDamages()
    {
        var damages = new List<string>();
        for (var section = 0; section < SegmentFormat.Sections; section++)
        {
            for (var block = 0; block * (long)SegmentFormat.BlockBytes < _sectionLength[section]; block++)
            {
                if (CheckBlock(section, block) is { } damage)
                    damages.Add(damage);
            }
        }

        for (var group = 0; group < Groups; group++)
        {
            if (CheckGroup(group) is { } damage)
                damages.Add(damage);
        }

        return damages;
    }

    private void Unmap()
    {
        if (_view is not null)
        {
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            _view.Dispose();
            _map!.Dispose();
        }
        else if (_base is not null)
        {
            NativeMemory.AlignedFree(_base);
        }

        _base = null;
    }

    private void ReadTables(ViewPlan plan)
    {
        if (_length < SegmentFormat.HeaderBytes || !new ReadOnlySpan<byte>(_base, 8).SequenceEqual(SegmentFormat.Magic))
            throw Corrupt("does not begin as a segment does");
        var head = new ReadOnlySpan<byte>(_base, SegmentFormat.HeaderBytes);
        var version = BinaryPrimitives.ReadUInt32LittleEndian(head[8..]);
        if (version != SegmentFormat.Version)
            throw Corrupt($"is of format version {version}; this build reads version {SegmentFormat.Version} only. Ingest its batch again");
        if (Crc32C.Compute(head[..60]) != BinaryPrimitives.ReadUInt32LittleEndian(head[60..]))
            throw Corrupt("fails the checksum of its header");
        if (_length < SegmentFormat.HeaderBytes + SegmentFormat.TrailerBytes)
            throw Corrupt("ends early");
        var tail = new ReadOnlySpan<byte>(_base + _length - SegmentFormat.TrailerBytes, SegmentFormat.TrailerBytes);
        if (!tail[^8..].SequenceEqual(SegmentFormat.Magic) || Crc32C.Compute(tail[..^12]) != BinaryPrimitives.ReadUInt32LittleEndian(tail[^12..]))
            throw Corrupt("fails the checksum of its trailer; it may end early");
        var hash = Encoding.ASCII.GetString(head.Slice(40, 16));
        if (hash != plan.View.Hash)
            throw Corrupt($"was written for definition {hash}, but view {plan.View} has {plan.View.Hash}");

        _shift = BinaryPrimitives.ReadInt32LittleEndian(head[12..]);
        Rows = (int)BinaryPrimitives.ReadInt64LittleEndian(tail);
        Entities = (int)BinaryPrimitives.ReadInt64LittleEndian(tail[8..]);
        Groups = (int)BinaryPrimitives.ReadInt64LittleEndian(tail[16..]);
        FirstEvent = BinaryPrimitives.ReadInt64LittleEndian(tail[24..]);
        LastEvent = BinaryPrimitives.ReadInt64LittleEndian(tail[32..]);
        FirstCommit = BinaryPrimitives.ReadInt64LittleEndian(tail[40..]);
        LastCommit = BinaryPrimitives.ReadInt64LittleEndian(tail[48..]);
        HasAvailable = (tail[56] & 1) != 0;
        HasCommit = (tail[56] & 2) != 0;
        var blocks = 0;
        for (var s = 0; s < SegmentFormat.Sections; s++)
        {
            _sectionAt[s] = BinaryPrimitives.ReadInt64LittleEndian(tail[(64 + s * 16)..]);
            _sectionLength[s] = BinaryPrimitives.ReadInt64LittleEndian(tail[(72 + s * 16)..]);
            _firstBlock[s] = blocks;
            blocks += (int)((_sectionLength[s] + SegmentFormat.BlockBytes - 1) / SegmentFormat.BlockBytes);
            if (_sectionAt[s] < 0 || _sectionLength[s] < 0 || _sectionAt[s] > _length - _sectionLength[s])
                throw Corrupt($"is {_length} bytes long but its {SegmentFormat.NameOf(s)} would end at {_sectionAt[s] + _sectionLength[s]}");
        }

        _groups = Table(tail, 128, Groups * (long)SegmentFormat.GroupEntryBytes, "directory of row groups");
        _blockSums = Table(tail, 144, blocks * 4L, "checksums of the index");
        _verifiedGroups = new byte[Groups];
        _verifiedBlocks = new byte[blocks];
    }

    private byte* Table(ReadOnlySpan<byte> tail, int entry, long length, string what)
    {
        var at = BinaryPrimitives.ReadInt64LittleEndian(tail[entry..]);
        if (at < 0 || length < 0 || at > _length - length)
            throw Corrupt($"is {_length} bytes long but its {what} would end at {at + length}");
        if (Sum(_base + at, length) != BinaryPrimitives.ReadUInt32LittleEndian(tail[(entry + 8)..]))
            throw Corrupt($"fails the checksum of its {what}");
        return _base + at;
    }

    private byte* GroupEntry(int group) => _groups + (long)group * SegmentFormat.GroupEntryBytes;

    private byte* Verified(int section, long offset, long length)
    {
        if (offset < 0 || length < 0 || offset + length > _sectionLength[section])
            throw Corrupt($"has {_sectionLength[section]} bytes of {SegmentFormat.NameOf(section)}, of which {offset} to {offset + length} are asked for");
        var start = _base + _sectionAt[section];
        var last = length == 0 ? offset : offset + length - 1;
        for (var block = (int)(offset / SegmentFormat.BlockBytes); block <= last / SegmentFormat.BlockBytes && length > 0; block++)
        {
            if (Volatile.Read(ref _verifiedBlocks[_firstBlock[section] + block]) == 0)
                VerifyBlock(section, block);
        }

        return start + offset;
    }

    private void VerifyBlock(int section, int block)
    {
        if (CheckBlock(section, block) is { } damage)
            throw Corrupt(damage);
        Volatile.Write(ref _verifiedBlocks[_firstBlock[section] + block], 1);
    }

    private string? CheckBlock(int section, int block)
    {
        var offset = (long)block * SegmentFormat.BlockBytes;
        var sum = Sum(_base + _sectionAt[section] + offset, Math.Min(SegmentFormat.BlockBytes, _sectionLength[section] - offset));
        var stored = ((uint*)_blockSums)[_firstBlock[section] + block];
        if (sum == stored)
            return null;
        return $"fails the checksum of block {block} of its {SegmentFormat.NameOf(section)}{Covered()} (stored {stored:x8}, computed {sum:x8})";

        string Covered() => section switch
        {
            SegmentFormat.KeyOffsets => $", entities {offset / 8} to {Math.Min(Entities, (offset + SegmentFormat.BlockBytes) / 8) - 1}",
            SegmentFormat.Starts => $", entities {offset / 4} to {Math.Min(Entities, (offset + SegmentFormat.BlockBytes) / 4) - 1}",
            _ => "",
        };
    }

    private byte* Group(int group)
    {
        var entry = GroupEntry(group);
        if (Volatile.Read(ref _verifiedGroups[group]) == 0)
        {
            if (CheckGroup(group) is { } damage)
                throw Corrupt(damage);
            Volatile.Write(ref _verifiedGroups[group], 1);
        }

        return _base + *(long*)entry;
    }

    private string? CheckGroup(int group)
    {
        var entry = GroupEntry(group);
        var at = *(long*)entry;
        var length = *(int*)(entry + 8);
        if (at < 0 || length < 0 || at > _length - length)
            return $"is {_length} bytes long but its row group {group} would end at {at + length}";
        var sum = Sum(_base + at, length);
        var stored = *(uint*)(entry + 12);
        return sum == stored ? null : $"fails the checksum of row group {group} of the columns{EntitiesOf(group)} (stored {stored:x8}, computed {sum:x8})";
    }

    // Which rows and entities a damaged group held; the numbers are those of this segment, since keys are nobody's business in a log.
    private string EntitiesOf(int group)
    {
        var first = group << _shift;
        var last = Math.Min(Rows, first + GroupRows) - 1;
        for (var block = 0; block * (long)SegmentFormat.BlockBytes < _sectionLength[SegmentFormat.Starts]; block++)
        {
            if (CheckBlock(SegmentFormat.Starts, block) is not null)
                return $", rows {first} to {last}";
        }

        var starts = new ReadOnlySpan<int>(_base + _sectionAt[SegmentFormat.Starts], Entities + 1);
        return $", rows {first} to {last}, entities {EntityAt(starts, first)} to {EntityAt(starts, last)}";
    }

    private static int EntityAt(ReadOnlySpan<int> starts, int row)
    {
        var at = starts.BinarySearch(row);
        return at >= 0 ? at : ~at - 1;
    }

    private static uint Sum(byte* start, long length)
    {
        uint sum = 0;
        for (long at = 0; at < length; at += 1 << 30)
            sum = Crc32C.Compute(new ReadOnlySpan<byte>(start + at, (int)Math.Min(1 << 30, length - at)), sum);
        return sum;
    }

    private CorruptDataException Corrupt(string how) =>
        new($"Segment '{_path}' {how}. Restore the file from a backup, or ingest its batch into a new version of the view; other segments are not affected.");
}
