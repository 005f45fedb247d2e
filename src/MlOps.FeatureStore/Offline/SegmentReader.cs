using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using System.Text;

namespace MlOps.Features;

/// <summary>
/// A segment mapped into memory. Every section's checksum is verified when it is first used; a flipped bit is named and leaves other
/// segments readable. Shared by joins, which lease it; the mapping goes when the last lease ends after retirement. Thread-safe.
/// </summary>
internal sealed unsafe class SegmentReader
{
    private readonly string _path;
    private readonly Dictionary<uint, Section> _sections = [];
    private readonly MemoryMappedFile? _map;
    private readonly MemoryMappedViewAccessor? _view;
    private readonly Lock _gate = new();
    private byte* _base;
    private readonly Dictionary<int, string[]> _texts = [];
    private string[][]? _keys;
    private int _leases = 1;

    private SegmentReader(IFileSystem files, string path, ViewPlan plan)
    {
        _path = path;
        var stream = files.OpenRead(path);
        var length = stream.Length;
        if (stream is FileStream file && length > 0)
        {
            _map = MemoryMappedFile.CreateFromFile(file, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
            _view = _map.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
            _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _base);
            _base += _view.PointerOffset;
        }
        else
        {
            // A file layer without real files, as in tests: the bytes are read into native memory instead.
            using (stream)
            {
                _base = (byte*)NativeMemory.AlignedAlloc((nuint)Math.Max(length, 1), SegmentFormat.Alignment);
                for (long at = 0; at < length;)
                {
                    var read = stream.Read(new Span<byte>(_base + at, (int)Math.Min(1 << 20, length - at)));
                    if (read == 0)
                        throw Corrupt("ends early");
                    at += read;
                }
            }
        }

        try
        {
            ReadHead(length, plan);
        }
        catch
        {
            Unmap();
            throw;
        }
    }

    public int Rows { get; private set; }

    public int Entities { get; private set; }

    public ReadOnlySpan<int> Starts => Values<int>(SegmentFormat.Starts, Entities + 1);

    public ReadOnlySpan<long> Event => Values<long>(SegmentFormat.Event, Rows);

    public bool HasAvailable => _sections.ContainsKey(SegmentFormat.Available);

    public ReadOnlySpan<long> Available => HasAvailable ? Values<long>(SegmentFormat.Available, Rows) : Event;

    public bool HasCommit => _sections.ContainsKey(SegmentFormat.Commit);

    public ReadOnlySpan<long> Commit => Values<long>(SegmentFormat.Commit, Rows);

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

    public ReadOnlySpan<long> Fixed(int column) => Values<long>(SegmentFormat.FixedBase + (uint)column, Rows);

    public ReadOnlySpan<long> Hashed(int column) => Values<long>(SegmentFormat.HashedBase + (uint)column, Rows);

    /// <summary>A plain column as it is kept: float, double, long (integers, moments), byte (flags), int (places in <see cref="PlainTexts"/>, -1 for null).</summary>
    public ReadOnlySpan<T> Plain<T>(int column)
        where T : unmanaged => Values<T>(SegmentFormat.PlainBase + (uint)column, Rows);

    /// <summary>One bit per row of a plain column, set where there is a value; empty when no row is null. Floats and texts have none.</summary>
    public ReadOnlySpan<ulong> PlainValidity(int column) => _sections.ContainsKey(SegmentFormat.ValidityBase + (uint)column)
        ? Values<ulong>(SegmentFormat.ValidityBase + (uint)column, (Rows + 63) / 64)
        : [];

    /// <summary>The distinct texts of a plain column of texts.</summary>
    public string[] PlainTexts(int column)
    {
        lock (_gate)
        {
            if (_texts.TryGetValue(column, out var known))
                return known;
            var bytes = Verified(SegmentFormat.TextsBase + (uint)column);
            using var reader = new BinaryReader(new UnmanagedMemoryStream(bytes.Start, bytes.Length), Encoding.UTF8);
            var texts = new string[reader.ReadInt32()];
            for (var i = 0; i < texts.Length; i++)
                texts[i] = reader.ReadString();
            return _texts[column] = texts;
        }
    }

    /// <summary>One plain value.</summary>
    public FeatureValue PlainValue(int column, DataType type, int row)
    {
        switch (type)
        {
            case DataType.Float32:
                return FeatureValue.Of(Plain<float>(column)[row]);
            case DataType.Float64:
                return FeatureValue.Of(Plain<double>(column)[row]);
            case DataType.String:
                var place = Plain<int>(column)[row];
                return place < 0 ? FeatureValue.None(type) : FeatureValue.Of(PlainTexts(column)[place]);
            default:
                var validity = PlainValidity(column);
                if (validity.Length > 0 && (validity[row >> 6] >> (row & 63) & 1) == 0)
                    return FeatureValue.None(type);
                return FeatureValue.OfWord(type, type == DataType.Boolean ? Plain<byte>(column)[row] : Plain<long>(column)[row]);
        }
    }

    /// <summary>For each part of the key, its text by entity of this segment.</summary>
    public string[][] Keys(int parts)
    {
        lock (_gate)
        {
            if (_keys is not null)
                return _keys;
            var bytes = Verified(SegmentFormat.Keys);
            using var reader = new BinaryReader(new UnmanagedMemoryStream(bytes.Start, bytes.Length), Encoding.UTF8);
            var keys = new string[parts][];
            for (var p = 0; p < parts; p++)
                keys[p] = new string[Entities];
            for (var e = 0; e < Entities; e++)
            {
                for (var p = 0; p < parts; p++)
                    keys[p][e] = reader.ReadString();
            }

            return _keys = keys;
        }
    }

    /// <summary>Verifies every section now.</summary>
    public void VerifyAll()
    {
        foreach (var id in _sections.Keys)
            Verified(id);
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

    private ReadOnlySpan<T> Values<T>(uint id, int count)
        where T : unmanaged
    {
        var section = Verified(id);
        if (section.Length != (long)count * sizeof(T))
            throw Corrupt($"has {section.Length} bytes of {SegmentFormat.NameOf(id)}, {(long)count * sizeof(T)} expected");
        return new ReadOnlySpan<T>(section.Start, count);
    }

    private Section Verified(uint id)
    {
        if (!_sections.TryGetValue(id, out var section))
            throw Corrupt($"lacks its {SegmentFormat.NameOf(id)}");
        if (Volatile.Read(ref section.IsVerified))
            return section;
        uint crc = 0;
        for (long at = 0; at < section.Length; at += 1 << 30)
            crc = Crc32C.Compute(new ReadOnlySpan<byte>(section.Start + at, (int)Math.Min(1 << 30, section.Length - at)), crc);
        if (crc != section.Crc)
            throw Corrupt($"fails the checksum of its {SegmentFormat.NameOf(id)} (stored {section.Crc:x8}, computed {crc:x8})");
        Volatile.Write(ref section.IsVerified, true);
        return section;
    }

    private void ReadHead(long length, ViewPlan plan)
    {
        if (length < SegmentFormat.HeaderBytes + 4 || !new ReadOnlySpan<byte>(_base, 8).SequenceEqual(SegmentFormat.Magic))
            throw Corrupt("does not begin as a segment does");
        var head = new ReadOnlySpan<byte>(_base, (int)Math.Min(length, SegmentFormat.HeaderBytes + SegmentFormat.MaxSections * SegmentFormat.EntryBytes + 4));
        var version = BinaryPrimitives.ReadUInt32LittleEndian(head[8..]);
        if (version != SegmentFormat.Version)
            throw Corrupt($"has format version {version}; this library reads {SegmentFormat.Version}");
        var count = BinaryPrimitives.ReadUInt32LittleEndian(head[12..]);
        var directoryEnd = SegmentFormat.HeaderBytes + (long)count * SegmentFormat.EntryBytes;
        if (count > SegmentFormat.MaxSections || directoryEnd + 4 > length
            || Crc32C.Compute(head[..(int)directoryEnd]) != BinaryPrimitives.ReadUInt32LittleEndian(head[(int)directoryEnd..]))
            throw Corrupt("fails the checksum of its header");
        var hash = Encoding.ASCII.GetString(head.Slice(40, 16));
        if (hash != plan.View.Hash)
            throw Corrupt($"was written for definition {hash}, but view {plan.View} has {plan.View.Hash}");
        Rows = (int)BinaryPrimitives.ReadInt64LittleEndian(head[16..]);
        Entities = (int)BinaryPrimitives.ReadInt64LittleEndian(head[24..]);
        for (var s = 0; s < count; s++)
        {
            var entry = head[(SegmentFormat.HeaderBytes + s * SegmentFormat.EntryBytes)..];
            var offset = BinaryPrimitives.ReadInt64LittleEndian(entry[8..]);
            var bytes = BinaryPrimitives.ReadInt64LittleEndian(entry[16..]);
            var id = BinaryPrimitives.ReadUInt32LittleEndian(entry);
            if (offset < 0 || bytes < 0 || offset > length || bytes > length - offset)
                throw Corrupt($"is {length} bytes long but its {SegmentFormat.NameOf(id)} would end at {offset + bytes}");
            _sections.Add(id, new Section { Start = _base + offset, Length = bytes, Crc = BinaryPrimitives.ReadUInt32LittleEndian(entry[24..]) });
        }
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

    private CorruptDataException Corrupt(string how) =>
        new($"Segment '{_path}' {how}. Restore the file from a backup, or ingest its batch into a new version of the view; other segments are not affected.");

    private sealed class Section
    {
        public byte* Start;
        public long Length;
        public uint Crc;
        public bool IsVerified;
    }
}
