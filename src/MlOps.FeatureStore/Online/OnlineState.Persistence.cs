using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace MlOps.Features;

internal sealed partial class OnlineState
{
    private const int EntitiesPerPart = 4096;

    private int _entitiesToLoad;

    /// <summary>Writes what there is beside the entities.</summary>
    public void SaveHead(ByteBuffer head)
    {
        head.Write(SettledUpTo);
        head.Write(ExactFrom);
        head.Write(_mark.Top.Length);
        head.Write(MemoryMarshal.AsBytes(_mark.Top));
        head.Write(ExpiredRows);
        head.Write(UnreplaceableRows);
        head.Write(EvictedEntities);
        head.Write(DroppedEntities);
        head.Write(_layout.WindowWords);
        head.Write(_layout.RowWords);
        head.Write(Entities.Count);
    }

    /// <summary>Writes the entities in parts, each with its length and checksum, so that they can be read on all processors.</summary>
    public void SaveEntities(IDurableFile file)
    {
        var buffer = new ByteBuffer();
        var inPart = 0;
        for (var number = 0; number < Entities.Numbers; number++)
        {
            if (!Entities.IsThere(number))
                continue;
            Write(buffer, number);
            if (++inPart < EntitiesPerPart)
                continue;
            buffer.WriteTo(file);
            inPart = 0;
        }

        if (inPart > 0)
            buffer.WriteTo(file);
    }

    public void LoadHead(ref ByteParser head)
    {
        RestoreMark(ref head);
        ExpiredRows = head.Int64();
        UnreplaceableRows = head.Int64();
        EvictedEntities = head.Int64();
        DroppedEntities = head.Int64();
        int window = head.Int32(), row = head.Int32();
        if (window != _layout.WindowWords || row != _layout.RowWords)
            throw new InvalidDataException($"its entries have {window} and {row} words, {_layout.WindowWords} and {_layout.RowWords} expected");
        _entitiesToLoad = head.Int32();
    }

    /// <summary>Reads the entities on all processors.</summary>
    public void LoadEntities(Stream stream)
    {
        Entities.ReserveAll(_entitiesToLoad);
        try
        {
            if (_entitiesToLoad > EntitiesPerPart)
            {
                Parallel.ForEach(Parts(stream, _entitiesToLoad), LoadPart);
            }
            else
            {
                foreach (var part in Parts(stream, _entitiesToLoad))
                    LoadPart(part);
            }
        }
        catch (AggregateException errors)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(errors.InnerExceptions[0]);
        }

        if (stream.Position != stream.Length)
            throw new InvalidDataException($"{stream.Length - stream.Position} bytes follow its end");
    }

    private static IEnumerable<(int First, int Count, byte[] Bytes, int Length, uint Crc)> Parts(Stream stream, int entities)
    {
        var prefix = new byte[8];
        for (var first = 0; first < entities; first += EntitiesPerPart)
        {
            stream.ReadExactly(prefix);
            var length = BinaryPrimitives.ReadInt32LittleEndian(prefix);
            if (length < 0 || length > stream.Length - stream.Position)
                throw new InvalidDataException($"a part of {length} bytes is said to begin at byte {stream.Position}, where {stream.Length - stream.Position} are left");
            var bytes = ArrayPool<byte>.Shared.Rent(length);
            stream.ReadExactly(bytes, 0, length);
            yield return (first, Math.Min(EntitiesPerPart, entities - first), bytes, length, BinaryPrimitives.ReadUInt32LittleEndian(prefix.AsSpan(4)));
        }
    }

    private void LoadPart((int First, int Count, byte[] Bytes, int Length, uint Crc) chunk)
    {
        var computed = Crc32C.Compute(chunk.Bytes.AsSpan(0, chunk.Length));
        if (computed != chunk.Crc)
            throw new InvalidDataException($"the checksum of its entities {chunk.First} to {chunk.First + chunk.Count - 1} is wrong (stored {chunk.Crc:x8}, computed {computed:x8})");
        var words = 0;
        var bytes = new ByteParser(chunk.Bytes.AsSpan(0, chunk.Length));
        for (var i = 0; i < chunk.Count; i++)
            words += Skip(ref bytes);
        var slab = words > 0 ? _pool.AddSlab(words) : -1;
        bytes = new ByteParser(chunk.Bytes.AsSpan(0, chunk.Length));
        int offset = 0;
        var managed = 0L;
        for (var i = 0; i < chunk.Count; i++)
            Read(ref bytes, chunk.First + i, slab, ref offset, ref managed);
        Interlocked.Add(ref _managedBytes, managed);
        ArrayPool<byte>.Shared.Return(chunk.Bytes);
    }

    private void Write(ByteBuffer buffer, int number)
    {
        var chunk = Entities.Chunk(number, out var at);
        ref var header = ref chunk.Headers[at];
        int window = header.Window.Count, recent = header.Recent.Count;
        buffer.Write(window);
        buffer.Write(recent);
        buffer.Write(header.Pass);
        buffer.Write(header.Newest);
        buffer.Write(header.LastEvent);
        foreach (var (start, width) in _layout.WindowArrays)
            buffer.Write(MemoryMarshal.AsBytes(_pool[header.Window.Slab].AsSpan(header.Window.Offset + (start * header.Window.Capacity), window * width)));
        if (recent > 0)
            buffer.Write(MemoryMarshal.AsBytes(_pool[header.Recent.Slab].AsSpan(header.Recent.Offset, recent * _layout.RowWords)));
        for (var p = 0; p < _plan.View.Keys.Count; p++)
            buffer.Write(chunk.Keys[(at * _plan.View.Keys.Count) + p]);
        for (var n = 0; n < window * _layout.Sketches; n++)
        {
            var node = chunk.Nodes![at]![n];
            buffer.Write(node?.Length ?? -1);
            buffer.Write(MemoryMarshal.AsBytes(node.AsSpan()));
        }

        for (var t = 0; t < recent * _layout.Texts; t++)
            buffer.Write(chunk.Texts![at]![t]);
    }

    // How many words the blocks of the next entity take.
    private int Skip(ref ByteParser bytes)
    {
        int window = bytes.Int32(), recent = bytes.Int32();
        if (window < 0 || recent < 0)
            throw new InvalidDataException("a number of entries is negative");
        bytes.Skip(4 + 16 + (8L * ((window * (long)_layout.WindowWords) + (recent * (long)_layout.RowWords))));
        for (var p = 0; p < _plan.View.Keys.Count; p++)
            bytes.SkipText();
        for (var n = 0; n < window * _layout.Sketches; n++)
            bytes.Skip(8L * Math.Max(0, bytes.Int32()));
        for (var t = 0; t < recent * _layout.Texts; t++)
            bytes.SkipText();
        return (CapacityFor(window) * _layout.WindowWords) + (RecentCapacityFor(recent) * _layout.RowWords);
    }

    private void Read(ref ByteParser bytes, int number, int slab, ref int offset, ref long managed)
    {
        var chunk = Entities.Chunk(number, out var at);
        ref var header = ref chunk.Headers[at];
        int window = bytes.Int32(), recent = bytes.Int32();
        header.Pass = bytes.Int32();
        header.Newest = bytes.Int64();
        header.LastEvent = bytes.Int64();
        var block = slab >= 0 ? _pool[slab] : [];
        if (_layout.WindowWords > 0)
        {
            var capacity = CapacityFor(window);
            header.Window = new EntityHeader.Place { Slab = slab, Offset = offset, Capacity = capacity, Count = window };
            foreach (var (start, width) in _layout.WindowArrays)
                bytes.Read(MemoryMarshal.AsBytes(block.AsSpan(offset + (start * capacity), window * width)));
            offset += capacity * _layout.WindowWords;
        }

        if (recent > 0)
        {
            var capacity = RecentCapacityFor(recent);
            header.Recent = new EntityHeader.Place { Slab = slab, Offset = offset, Capacity = capacity, Count = recent };
            bytes.Read(MemoryMarshal.AsBytes(block.AsSpan(offset, recent * _layout.RowWords)));
            offset += capacity * _layout.RowWords;
        }

        var key = new string[_plan.View.Keys.Count];
        for (var p = 0; p < key.Length; p++)
            key[p] = bytes.Text() ?? throw new InvalidDataException($"its entity {number} has no key");
        if (chunk.Nodes is not null)
            ReadNodes(ref bytes, chunk.Nodes[at] = new long[]?[header.Window.Capacity * _layout.Sketches], window, ref managed);
        if (chunk.Texts is not null && recent > 0)
        {
            var texts = chunk.Texts[at] = new string?[header.Recent.Capacity * _layout.Texts];
            managed += 8L * texts.Length;
            for (var t = 0; t < recent * _layout.Texts; t++)
            {
                texts[t] = bytes.Text();
                managed += BytesOf(texts[t]);
            }
        }

        if (!Entities.Insert(number, key))
            throw new InvalidDataException($"its entity {number} stands twice");
    }

    private void ReadNodes(ref ByteParser bytes, long[]?[] nodes, int window, ref long managed)
    {
        managed += 8L * nodes.Length;
        for (var n = 0; n < window * _layout.Sketches; n++)
        {
            var length = bytes.Int32();
            if (length < 0)
                continue;
            nodes[n] = new long[length];
            bytes.Read(MemoryMarshal.AsBytes(nodes[n].AsSpan()));
            managed += Sketches.BytesOf(nodes[n]);
        }
    }

    private static int CapacityFor(int count)
    {
        var capacity = FirstCapacity;
        while (capacity < count)
            capacity = NextCapacity(capacity);
        return capacity;
    }

    private static int RecentCapacityFor(int count) => count < 4 ? count : CapacityFor(count);

    private void RestoreMark(ref ByteParser head)
    {
        var settledUpTo = head.Int64();
        var exactFrom = head.Int64();
        for (var left = head.Int32(); left > 0; left--)
            _mark.Observe(head.Int64(), _now);
        if (settledUpTo != long.MinValue)
            _mark.MoveTo(settledUpTo);
        BeExactFrom(exactFrom);
        Settle();
    }
}
