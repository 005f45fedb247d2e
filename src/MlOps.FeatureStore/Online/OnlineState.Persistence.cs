using System.Runtime.InteropServices;

namespace MlOps.Features;

internal sealed partial class OnlineState
{
    public void Save(ChecksumWriter writer)
    {
        writer.Write(AvailableUpTo);
        writer.Write(ExpiredRows);
        writer.Write(_words);
        writer.Write(Keys.Count);
        for (var entity = 0; entity < Keys.Count; entity++)
        {
            foreach (var part in Keys.KeyOf(entity))
                writer.Write(part);
            ref var header = ref Header(entity);
            var slab = _pool[header.Slab];
            writer.Write(header.Count);
            writer.Write(MemoryMarshal.AsBytes(slab.AsSpan(header.Offset, header.Count)));
            writer.Write(MemoryMarshal.AsBytes(slab.AsSpan(header.Offset + header.Capacity, header.Count * _words)));
        }
    }

    public static OnlineState Load(BinaryReader reader, ViewPlan plan, TimeSpan readLag)
    {
        var state = new OnlineState(plan, readLag);
        var available = reader.ReadInt64();
        if (available != long.MinValue)
            state.AdvanceTo(available);
        state.ExpiredRows = reader.ReadInt64();
        var words = reader.ReadInt32();
        if (words != state._words)
            throw new InvalidDataException($"its entries have {words} words, {state._words} expected");
        var entities = reader.ReadInt32();
        var parts = new string[plan.View.Keys.Count][];
        for (var entity = 0; entity < entities; entity++)
        {
            for (var p = 0; p < parts.Length; p++)
                parts[p] = [reader.ReadString()];
            var count = reader.ReadInt32();
            var capacity = FirstCapacity;
            while (capacity < count)
                capacity *= 2;
            state.AddHeader(entity, capacity);
            ref var header = ref state.Header(entity);
            var slab = state._pool[header.Slab];
            reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(slab.AsSpan(header.Offset, count)));
            reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(slab.AsSpan(header.Offset + capacity, count * words)));
            header.Count = count;
            if (state.Keys.GetOrAdd(parts, 0) != entity)
                throw new InvalidDataException($"its entity {entity} stands twice");
        }

        return state;
    }
}
