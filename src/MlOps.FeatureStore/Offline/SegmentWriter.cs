using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace MlOps.Features;

/// <summary>Writes a segment: temporary file, flush, publish, directory flush. The manifest row that follows makes it visible.</summary>
internal static class SegmentWriter
{
    public static long Write(IFileSystem files, string path, ViewPlan plan, SortedRows rows)
    {
        var temporary = path + ".tmp";
        long length;
        using (var file = files.CreateNew(temporary))
        {
            WriteTo(file, plan, rows);
            file.Flush();
            length = file.Length;
        }

        if (!files.Publish(temporary, path))
            throw new StorageException($"Segment '{path}' exists already although its name was drawn at random. Remove the file if no manifest row names it.");
        files.FlushDirectory(Path.GetDirectoryName(path)!);
        return length;
    }

    private static void WriteTo(IDurableFile file, ViewPlan plan, SortedRows rows)
    {
        var sections = new List<(uint Id, DataType Type, ReadOnlyMemory<byte> Bytes)>
        {
            (SegmentFormat.Keys, DataType.String, KeyBytes(rows)),
            (SegmentFormat.Starts, DataType.Int32, Bytes(rows.Starts)),
            (SegmentFormat.Event, DataType.Timestamp, Bytes(rows.Event)),
        };
        if (!ReferenceEquals(rows.Event, rows.Available))
            sections.Add((SegmentFormat.Available, DataType.Timestamp, Bytes(rows.Available)));
        if (rows.Commit is not null)
            sections.Add((SegmentFormat.Commit, DataType.Int64, Bytes(rows.Commit)));
        for (var c = 0; c < rows.Fixed.Length; c++)
            sections.Add((SegmentFormat.FixedBase + (uint)c, DataType.Int64, Bytes(rows.Fixed[c])));
        for (var c = 0; c < rows.Plain.Length; c++)
            AddPlain(sections, (uint)c, rows.Plain[c]);
        for (var c = 0; c < rows.Hashed.Length; c++)
            sections.Add((SegmentFormat.HashedBase + (uint)c, DataType.Int64, Bytes(rows.Hashed[c])));

        var head = new byte[SegmentFormat.HeaderBytes + sections.Count * SegmentFormat.EntryBytes + 4];
        SegmentFormat.Magic.CopyTo(head);
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(8), SegmentFormat.Version);
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(12), (uint)sections.Count);
        BinaryPrimitives.WriteInt64LittleEndian(head.AsSpan(16), rows.Count);
        BinaryPrimitives.WriteInt64LittleEndian(head.AsSpan(24), rows.Entities);
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(32), rows.Keys.Length);
        Encoding.ASCII.GetBytes(plan.View.Hash, head.AsSpan(40));
        var offset = Align(head.Length);
        for (var s = 0; s < sections.Count; s++)
        {
            var entry = head.AsSpan(SegmentFormat.HeaderBytes + s * SegmentFormat.EntryBytes);
            BinaryPrimitives.WriteUInt32LittleEndian(entry, sections[s].Id);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[4..], (uint)sections[s].Type);
            BinaryPrimitives.WriteInt64LittleEndian(entry[8..], offset);
            BinaryPrimitives.WriteInt64LittleEndian(entry[16..], sections[s].Bytes.Length);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[24..], Crc32C.Compute(sections[s].Bytes.Span));
            offset = Align(offset + sections[s].Bytes.Length);
        }

        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(head.Length - 4), Crc32C.Compute(head.AsSpan(0, head.Length - 4)));
        file.Write(head);
        long written = head.Length;
        Span<byte> padding = stackalloc byte[SegmentFormat.Alignment];
        padding.Clear();
        foreach (var (_, _, bytes) in sections)
        {
            var gap = (int)(Align(written) - written);
            file.Write(padding[..gap]);
            for (var at = 0; at < bytes.Length; at += 4 << 20)
                file.Write(bytes.Span.Slice(at, Math.Min(4 << 20, bytes.Length - at)));
            written += gap + bytes.Length;
        }
    }

    private static void AddPlain(List<(uint Id, DataType Type, ReadOnlyMemory<byte> Bytes)> sections, uint at, DataColumn column)
    {
        switch (column)
        {
            case DataColumn<float> floats:
                sections.Add((SegmentFormat.PlainBase + at, column.Type, Bytes(ArrayOf(floats))));
                return;
            case DataColumn<double> doubles:
                sections.Add((SegmentFormat.PlainBase + at, column.Type, Bytes(ArrayOf(doubles))));
                return;
            case DataColumn<string> texts:
                AddTexts(sections, at, texts);
                return;
            case DataColumn<bool> flags:
                sections.Add((SegmentFormat.PlainBase + at, column.Type, MemoryMarshal.AsBytes(flags.Span).ToArray()));
                break;
            case DataColumn<long> numbers:
                sections.Add((SegmentFormat.PlainBase + at, column.Type, Bytes(ArrayOf(numbers))));
                break;
            case DataColumn<Timestamp> moments:
                sections.Add((SegmentFormat.PlainBase + at, column.Type, Bytes(ArrayOf(moments))));
                break;
        }

        if (column.NullCount == 0)
            return;
        var validity = new ulong[(column.Length + 63) / 64];
        for (var i = 0; i < column.Length; i++)
        {
            if (!column.IsNull(i))
                validity[i >> 6] |= 1UL << (i & 63);
        }

        sections.Add((SegmentFormat.ValidityBase + at, DataType.Int64, Bytes(validity)));
    }

    private static void AddTexts(List<(uint Id, DataType Type, ReadOnlyMemory<byte> Bytes)> sections, uint at, DataColumn<string> column)
    {
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        var rows = new int[column.Length];
        for (var i = 0; i < rows.Length; i++)
        {
            if (column.IsNull(i) || column[i] is not { } text)
                rows[i] = -1;
            else if (!places.TryGetValue(text, out rows[i]))
                places.Add(text, rows[i] = places.Count);
        }

        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream, Encoding.UTF8);
        writer.Write(places.Count);
        foreach (var text in places.Keys)
            writer.Write(text);
        writer.Flush();
        sections.Add((SegmentFormat.PlainBase + at, DataType.String, Bytes(rows)));
        sections.Add((SegmentFormat.TextsBase + at, DataType.String, stream.ToArray()));
    }

    private static T[] ArrayOf<T>(DataColumn<T> column) =>
        MemoryMarshal.TryGetArray(column.Memory, out var segment) && segment.Offset == 0 && segment.Array!.Length == segment.Count ? segment.Array : column.Span.ToArray();

    private static long Align(long offset) => (offset + SegmentFormat.Alignment - 1) / SegmentFormat.Alignment * SegmentFormat.Alignment;

    private static byte[] KeyBytes(SortedRows rows)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream, Encoding.UTF8);
        for (var e = 0; e < rows.Entities; e++)
        {
            foreach (var part in rows.Keys)
                writer.Write(part[e]);
        }

        writer.Flush();
        return stream.ToArray();
    }

    private static ReadOnlyMemory<byte> Bytes<T>(T[] values)
        where T : unmanaged => new CastMemory<T>(values).Memory;

    /// <summary>An array seen as bytes without a copy.</summary>
    private sealed unsafe class CastMemory<T>(T[] values) : System.Buffers.MemoryManager<byte>
        where T : unmanaged
    {
        public override Span<byte> GetSpan() => MemoryMarshal.AsBytes(values.AsSpan());

        public override System.Buffers.MemoryHandle Pin(int elementIndex = 0)
        {
            var handle = GCHandle.Alloc(values, GCHandleType.Pinned);
            return new System.Buffers.MemoryHandle((byte*)handle.AddrOfPinnedObject() + elementIndex, handle);
        }

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
