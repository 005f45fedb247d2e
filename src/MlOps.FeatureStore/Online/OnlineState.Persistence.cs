using System.Runtime.InteropServices;

namespace MlOps.Features;

internal sealed partial class OnlineState
{
    public void Save(ChecksumWriter writer)
    {
        writer.Write(SettledUpTo);
        writer.Write(ExactFrom);
        writer.Write(_mark.Top.Length);
        writer.Write(MemoryMarshal.AsBytes(_mark.Top));
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
            writer.Write(MemoryMarshal.AsBytes(slab.AsSpan(AvailableAt(ref header), header.Count)));
        }
    }

    public static OnlineState Load(BinaryReader reader, int version, OnlineState state)
    {
        if (version == 1)
            state.RestoreVersion1(reader.ReadInt64());
        else
            state.RestoreMark(reader);
        state.ExpiredRows = reader.ReadInt64();
        var words = reader.ReadInt32();
        // Version 1 has a row's availability in the entry, before its plain values, and only where there are any.
        var availableInEntry = version == 1 && state._plan.Plain.Length > 0 ? 1 : 0;
        if (words != state._words + availableInEntry)
            throw new InvalidDataException($"its entries have {words} words, {state._words + availableInEntry} expected");
        var entities = reader.ReadInt32();
        var parts = new string[state._plan.View.Keys.Count][];
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
            var entries = slab.AsSpan(header.Offset + capacity, count * state._words);
            var known = slab.AsSpan(state.AvailableAt(ref header), count);
            if (version == 1)
            {
                state.ReadVersion1(reader, entries, known, availableInEntry);
            }
            else
            {
                reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(entries));
                reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(known));
            }

            header.Count = count;
            foreach (var available in known)
                header.Newest = Math.Max(header.Newest, available);
            if (state.Keys.GetOrAdd(parts, 0) != entity)
                throw new InvalidDataException($"its entity {entity} stands twice");
        }

        return state;
    }

    private void RestoreMark(BinaryReader reader)
    {
        var settledUpTo = reader.ReadInt64();
        var exactFrom = reader.ReadInt64();
        for (var left = reader.ReadInt32(); left > 0; left--)
            _mark.Observe(reader.ReadInt64(), _now);
        if (settledUpTo != long.MinValue)
            _mark.MoveTo(settledUpTo);
        BeExactFrom(exactFrom);
        Settle();
    }

    // Which of its rows became known when is not in a snapshot of version 1: all were by the newest availability.
    private void RestoreVersion1(long availableUpTo)
    {
        if (availableUpTo == long.MinValue)
            return;
        _mark.MoveTo(availableUpTo);
        BeExactFrom(availableUpTo);
    }

    private void ReadVersion1(BinaryReader reader, Span<long> entries, Span<long> known, int availableInEntry)
    {
        known.Fill(long.MinValue);
        for (var i = 0; i < known.Length; i++)
        {
            var entry = entries.Slice(i * _words, _words);
            reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(entry[.._plainAt]));
            if (availableInEntry > 0)
                known[i] = reader.ReadInt64();
            reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(entry[_plainAt..]));
        }
    }
}
