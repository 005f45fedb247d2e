using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MlOps.Features;

/// <summary>
/// Finds entities by key: an open-addressing table of numbers over chunks of headers. Look-ups take no lock and allocate nothing; one writer.
/// A handle is the number of a place and the stamp that it had, so a place can be given to another entity while somebody reads.
/// </summary>
internal sealed class EntityDirectory
{
    private const int FirstBits = 4;
    private const int LastBits = 12;
    private const int SmallEntities = (1 << LastBits) - (1 << FirstBits);
    private const uint Gone = uint.MaxValue;
    private readonly int _parts;
    private readonly bool _hasTexts;
    private readonly bool _hasNodes;
    private readonly ulong _seed = (ulong)Random.Shared.NextInt64() | 1;
    private readonly Stack<int> _free = new();
    private EntityChunk[] _chunks = [];
    private long[] _slots = new long[16];
    private int _filled;
    private long _keyBytes;

    public EntityDirectory(int parts, bool hasTexts, bool hasNodes)
    {
        _parts = parts;
        _hasTexts = hasTexts;
        _hasNodes = hasNodes;
    }

    public int Count { get; private set; }

    /// <summary>Numbers given so far; some may be free.</summary>
    public int Numbers { get; private set; }

    /// <summary>What the keys, the table and the headers take, in bytes.</summary>
    public long Bytes => _keyBytes + (8L * _slots.Length) + ((long)Unsafe.SizeOf<EntityHeader>() * Count);

    /// <summary>By how much the table grows with that many more entities, in bytes.</summary>
    public long GrowthFor(int entities) => 2L * (_filled + entities + 1) <= _slots.Length
        ? 0
        : 8L * Math.Max(0, (int)BitOperations.RoundUpToPowerOf2((uint)(Count + entities) * 3) - _slots.Length);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public EntityChunk Chunk(int number, out int at)
    {
        int chunk;
        if (number < SmallEntities)
        {
            var place = number + (1 << FirstBits);
            var power = BitOperations.Log2((uint)place);
            chunk = power - FirstBits;
            at = place - (1 << power);
        }
        else
        {
            var place = number - SmallEntities;
            chunk = (place >> LastBits) + LastBits - FirstBits;
            at = place & ((1 << LastBits) - 1);
        }

        return Volatile.Read(ref _chunks)[chunk];
    }

    public ulong Hash(in EntityKey key)
    {
        var hash = _seed;
        for (var p = 0; p < _parts; p++)
            hash = Mix(hash, key[p]);
        return hash;
    }

    /// <summary>The handle of an entity; -1 when there is none.</summary>
    public long Find(in EntityKey key, ulong hash)
    {
        var slots = Volatile.Read(ref _slots);
        var mask = slots.Length - 1;
        for (var i = (int)hash & mask; ; i = (i + 1) & mask)
        {
            var slot = Volatile.Read(ref slots[i]);
            if (slot == 0)
                return -1;
            if ((uint)(slot >> 32) != (uint)(hash >> 32) || (uint)slot == Gone)
                continue;
            var number = (int)((uint)slot - 1);
            var chunk = Chunk(number, out var at);
            // The stamp first: a removal takes the key away before it changes the stamp.
            var stamp = Volatile.Read(ref chunk.Headers[at].Stamp);
            if (IsKeyOf(chunk, at, key))
                return ((long)stamp << 32) | (uint)number;
        }
    }

    /// <summary>Asks the processor for the slot that a look-up will need.</summary>
    public void PrefetchSlot(ulong hash)
    {
        var slots = Volatile.Read(ref _slots);
        Cache.Prefetch(ref slots[(int)hash & (slots.Length - 1)]);
    }

    /// <summary>Asks the processor for the header and the key that a look-up will probably need.</summary>
    public void PrefetchEntity(ulong hash)
    {
        var number = Candidate(hash);
        if (number < 0)
            return;
        var chunk = Chunk(number, out var at);
        Cache.Prefetch(ref chunk.Headers[at]);
        Cache.Prefetch(ref chunk.Keys[at * _parts]);
    }

    /// <summary>The entity that a hash most likely belongs to; -1 when there is none.</summary>
    public int Candidate(ulong hash)
    {
        var slots = Volatile.Read(ref _slots);
        var mask = slots.Length - 1;
        for (var i = (int)hash & mask; ; i = (i + 1) & mask)
        {
            var slot = Volatile.Read(ref slots[i]);
            if (slot == 0)
                return -1;
            if ((uint)(slot >> 32) == (uint)(hash >> 32) && (uint)slot != Gone)
                return (int)((uint)slot - 1);
        }
    }

    public string[] KeyOf(int number)
    {
        var chunk = Chunk(number, out var at);
        return [.. chunk.Keys.AsSpan(at * _parts, _parts)!];
    }

    public bool IsThere(int number)
    {
        var chunk = Chunk(number, out var at);
        return chunk.Keys[at * _parts] is not null;
    }

    /// <summary>A number for a new entity, whose header is to be filled before <see cref="Publish"/>.</summary>
    public int Reserve()
    {
        if (_free.TryPop(out var free))
            return free;
        EnsureChunks(Numbers + 1);
        return Numbers++;
    }

    /// <summary>Room for that many entities with the numbers from 0 on, to be filled by <see cref="Insert"/>.</summary>
    public void ReserveAll(int entities)
    {
        EnsureChunks(entities);
        Numbers = entities;
        Count = entities;
        _filled = entities;
        _slots = new long[Math.Max(16, (int)BitOperations.RoundUpToPowerOf2((uint)entities * 2))];
    }

    public void Publish(int number, in EntityKey key, ulong hash)
    {
        var chunk = Chunk(number, out var at);
        for (var p = 0; p < _parts; p++)
        {
            chunk.Keys[at * _parts + p] = key[p];
            _keyBytes += BytesOf(key[p]);
        }

        Count++;
        if (2 * (_filled + 1) > _slots.Length)
        {
            Rebuild();
            return;
        }

        var slots = _slots;
        var mask = slots.Length - 1;
        var i = (int)hash & mask;
        while (slots[i] != 0 && (uint)slots[i] != Gone)
            i = (i + 1) & mask;
        if (slots[i] == 0)
            _filled++;
        Volatile.Write(ref slots[i], Slot(number, hash));
    }

    /// <summary>Counts what the keys of inserted entities take.</summary>
    public void AddKeyBytes(long bytes) => Interlocked.Add(ref _keyBytes, bytes);

    /// <summary>
    /// Makes a reserved number's key, which is in its chunk, findable; several threads may, for different numbers. False when another entity has that key.
    /// </summary>
    public bool Insert(int number, ref long bytes)
    {
        var chunk = Chunk(number, out var at);
        var key = chunk.Keys.AsSpan(at * _parts, _parts);
        var hash = _seed;
        foreach (var part in key)
        {
            hash = Mix(hash, part!);
            bytes += BytesOf(part!);
        }

        var slot = Slot(number, hash);
        var mask = _slots.Length - 1;
        for (var i = (int)hash & mask; ; i = (i + 1) & mask)
        {
            var there = Interlocked.CompareExchange(ref _slots[i], slot, 0);
            if (there == 0)
                return true;
            if ((uint)(there >> 32) != (uint)(hash >> 32))
                continue;
            var other = Chunk((int)((uint)there - 1), out var place);
            if (other.Keys.AsSpan(place * _parts, _parts).SequenceEqual(key))
                return false;
        }
    }

    /// <summary>Takes an entity out; its number is given away again.</summary>
    public void Remove(int number)
    {
        var chunk = Chunk(number, out var at);
        var hash = _seed;
        for (var p = 0; p < _parts; p++)
        {
            ref var part = ref chunk.Keys[at * _parts + p];
            hash = Mix(hash, part!);
            _keyBytes -= BytesOf(part!);
        }

        var mask = _slots.Length - 1;
        var i = (int)hash & mask;
        while ((uint)_slots[i] != (uint)number + 1)
            i = (i + 1) & mask;
        Volatile.Write(ref _slots[i], (long)Gone);
        for (var p = 0; p < _parts; p++)
            Volatile.Write(ref chunk.Keys[at * _parts + p], null);
        ref var stamp = ref chunk.Headers[at].Stamp;
        Volatile.Write(ref stamp, (stamp + 1) & int.MaxValue);
        Count--;
        _free.Push(number);
    }

    private static long BytesOf(string part) => 8 + 22 + 2L * part.Length;

    private static long Slot(int number, ulong hash) => (long)((hash & 0xFFFFFFFF00000000) | (uint)(number + 1));

    private void EnsureChunks(int entities)
    {
        var needed = entities <= SmallEntities
            ? BitOperations.Log2((uint)(entities - 1 + (1 << FirstBits))) - FirstBits + 1
            : ((entities - 1 - SmallEntities) >> LastBits) + LastBits - FirstBits + 1;
        if (entities == 0 || needed <= _chunks.Length)
            return;
        var chunks = new EntityChunk[needed];
        _chunks.CopyTo(chunks, 0);
        for (var c = _chunks.Length; c < needed; c++)
            chunks[c] = new EntityChunk(1 << Math.Min(LastBits, FirstBits + c), _parts, _hasTexts, _hasNodes);
        Volatile.Write(ref _chunks, chunks);
    }

    private void Rebuild()
    {
        var slots = new long[Math.Max(16, (int)BitOperations.RoundUpToPowerOf2((uint)Count * 3))];
        var mask = slots.Length - 1;
        for (var number = 0; number < Numbers; number++)
        {
            var chunk = Chunk(number, out var at);
            if (chunk.Keys[at * _parts] is null)
                continue;
            var hash = _seed;
            for (var p = 0; p < _parts; p++)
                hash = Mix(hash, chunk.Keys[at * _parts + p]!);
            var i = (int)hash & mask;
            while (slots[i] != 0)
                i = (i + 1) & mask;
            slots[i] = Slot(number, hash);
        }

        _filled = Count;
        Volatile.Write(ref _slots, slots);
    }

    private bool IsKeyOf(EntityChunk chunk, int at, in EntityKey key)
    {
        for (var p = 0; p < _parts; p++)
        {
            if (!string.Equals(Volatile.Read(ref chunk.Keys[at * _parts + p]), key[p], StringComparison.Ordinal))
                return false;
        }

        return true;
    }

    // Multiply and fold, eight bytes at a time, as in wyhash (Wang Yi); the seed differs in each process.
    private static ulong Mix(ulong hash, string part)
    {
        var bytes = MemoryMarshal.AsBytes(part.AsSpan());
        hash = Fold(hash ^ (ulong)bytes.Length, 0xA0761D6478BD642F);
        for (; bytes.Length >= 8; bytes = bytes[8..])
            hash = Fold(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(bytes), 0xE7037ED1A0B428DB);
        var rest = 0UL;
        for (var i = 0; i < bytes.Length; i += 2)
            rest = (rest << 16) | BinaryPrimitives.ReadUInt16LittleEndian(bytes[i..]);
        return Fold(hash ^ rest, 0x8EBC6AF09C88C6E3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Fold(ulong a, ulong b)
    {
        var high = Math.BigMul(a, b, out var low);
        return high ^ low;
    }
}
