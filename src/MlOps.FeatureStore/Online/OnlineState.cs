using System.Runtime.CompilerServices;

namespace MlOps.Features;

/// <summary>
/// A view's newest state in memory. Each entity has entries in order of event time; an entry carries running totals of everything up to it,
/// so a window is the difference of two entries, exact at any moment, and late rows add to the entries behind them. Old entries between
/// which no window's tail can fall any more are merged into tiles. One writer at a time; readers take no lock and retry on a race.
/// </summary>
/// <remarks>
/// A block is <c>times[capacity]</c>, then per entry <c>(count, sum)</c> by aggregated column and, with plain features,
/// the availability and two floats a word. Entry 0 always exists: it stands for everything before the others.
/// </remarks>
internal sealed partial class OnlineState
{
    private const int ChunkBits = 12;
    private const int FirstCapacity = 4;
    private readonly ViewPlan _plan;
    private readonly BlockPool _pool = new();
    private readonly int _plainAt;
    private readonly int _words;
    private readonly long[] _limits;
    private readonly long _readLag;
    private EntityHeader[][] _chunks = [];

    public OnlineState(ViewPlan plan, TimeSpan readLag)
    {
        _plan = plan;
        _readLag = readLag.Ticks / 10;
        Keys = new KeyTable(plan.View.Keys.Count);
        _plainAt = 2 * plan.Fixed.Length;
        _words = _plainAt + (plan.Plain.Length == 0 ? 0 : 1 + (plan.Plain.Length + 1) / 2);
        _limits = new long[plan.WindowLength.Length];
        Array.Fill(_limits, long.MinValue);
        AvailableUpTo = long.MinValue;
    }

    public KeyTable Keys { get; }

    /// <summary>The newest availability seen; reads are meant for moments from here on (and a read lag before).</summary>
    public long AvailableUpTo { get; private set; }

    /// <summary>Rows that came too late to matter to any window.</summary>
    public long ExpiredRows { get; private set; }

    public long MemoryBytes => _pool.Words * 8;

    private long Settled => AvailableUpTo == long.MinValue ? long.MinValue : AvailableUpTo - _readLag;

    /// <summary>Says that everything available up to a moment is being applied, so that what no window can reach is skipped.</summary>
    public void AdvanceTo(long available)
    {
        if (available <= AvailableUpTo)
            return;
        AvailableUpTo = available;
        for (var w = 0; w < _limits.Length; w++)
            _limits[w] = _plan.Tail(w, Settled);
    }

    public void Apply(RowBatch batch)
    {
        var entities = new int[batch.Keys[0].Length];
        Array.Fill(entities, -1);
        Span<int> units = stackalloc int[_plan.Fixed.Length];
        Span<float> plain = stackalloc float[_plan.Plain.Length];
        for (var row = 0; row < batch.Count; row++)
        {
            for (var c = 0; c < units.Length; c++)
                units[c] = batch.Fixed[c][row];
            for (var c = 0; c < plain.Length; c++)
                plain[c] = batch.Plain[c][row];
            if (IsExpired(batch.Event[row]))
            {
                ExpiredRows++;
                AdvanceTo(batch.Available[row]);
                continue;
            }

            ref var entity = ref entities[batch.Entity[row]];
            if (entity < 0)
                entity = GetOrAdd(batch.Keys, batch.Entity[row]);
            Apply(entity, batch.Event[row], batch.Available[row], units, plain);
        }
    }

    public int GetOrAdd(string[][] keys, int code)
    {
        var entity = Keys.Find(keys, code);
        if (entity >= 0)
            return entity;
        // The header comes first: a reader may ask for the entity as soon as its key is published.
        entity = Keys.Count;
        AddHeader(entity, FirstCapacity);
        ref var header = ref Header(entity);
        var slab = _pool[header.Slab];
        slab.AsSpan(header.Offset, FirstCapacity * (1 + _words)).Clear();
        slab[header.Offset] = long.MinValue;
        WritePlain(slab.AsSpan(header.Offset + FirstCapacity, _words), long.MinValue, []);
        header.Count = 1;
        return Keys.GetOrAdd(keys, code);
    }

    /// <summary>Whether no window, and no plain feature, can depend on a row of that event time any more.</summary>
    public bool IsExpired(long eventTime)
    {
        if (_plan.Plain.Length > 0)
            return false;
        // Limits are multiples of their hops, so comparing with them is comparing with the rounded time.
        foreach (var limit in _limits)
        {
            if (eventTime >= limit)
                return false;
        }

        return true;
    }

    public void Apply(int entity, long eventTime, long available, ReadOnlySpan<int> units, ReadOnlySpan<float> plain)
    {
        AdvanceTo(available);
        ref var header = ref Header(entity);
        var slab = _pool[header.Slab];
        var at = header.Count - 1;
        while (at >= 0 && IsAfter(slab, ref header, at, eventTime, available))
            at--;
        if (at < 0)
        {
            // Older than everything that was merged away: no window reaches it and a newer row hides its plain values.
            ExpiredRows++;
            return;
        }

        Interlocked.Increment(ref header.Version);
        if (header.Count == header.Capacity)
        {
            Compact(ref header);
            if (header.Count > header.Capacity / 4 * 3)
                Enlarge(ref header);
            slab = _pool[header.Slab];
            at = header.Count - 1;
            while (at > 0 && IsAfter(slab, ref header, at, eventTime, available))
                at--;
            if (IsAfter(slab, ref header, at, eventTime, available))
            {
                ExpiredRows++;
                Volatile.Write(ref header.Version, header.Version + 1);
                return;
            }
        }

        var count = header.Count;
        var times = slab.AsSpan(header.Offset, header.Capacity);
        var entries = slab.AsSpan(header.Offset + header.Capacity, header.Capacity * _words);
        times[(at + 1)..count].CopyTo(times[(at + 2)..]);
        entries[((at + 1) * _words)..(count * _words)].CopyTo(entries[((at + 2) * _words)..]);
        times[at + 1] = eventTime;
        var entry = entries.Slice((at + 1) * _words, _words);
        entries.Slice(at * _words, _plainAt).CopyTo(entry);
        WritePlain(entry, available, plain);
        header.Count = ++count;
        for (var c = 0; c < units.Length; c++)
        {
            if (units[c] == ViewPlan.Missing)
                continue;
            for (var i = at + 1; i < count; i++)
            {
                entries[i * _words + 2 * c]++;
                entries[i * _words + 2 * c + 1] += units[c];
            }
        }

        Volatile.Write(ref header.Version, header.Version + 1);
    }

    private bool IsAfter(long[] slab, ref EntityHeader header, int entry, long eventTime, long available)
    {
        var time = slab[header.Offset + entry];
        return time > eventTime
            || (time == eventTime && _plan.Plain.Length > 0 && slab[header.Offset + header.Capacity + entry * _words + _plainAt] > available);
    }

    private void WritePlain(Span<long> entry, long available, ReadOnlySpan<float> plain)
    {
        if (_plan.Plain.Length == 0)
            return;
        entry[_plainAt] = available;
        for (var c = 0; c < _plan.Plain.Length; c += 2)
        {
            var low = c < plain.Length ? plain[c] : float.NaN;
            var high = c + 1 < plain.Length ? plain[c + 1] : float.NaN;
            entry[_plainAt + 1 + c / 2] = (uint)BitConverter.SingleToInt32Bits(low) | ((long)BitConverter.SingleToInt32Bits(high) << 32);
        }
    }

    // Entries a < b become one (at b's time, with b's totals and plain values) when no tail that may still be asked for falls into (a, b].
    private void Compact(ref EntityHeader header)
    {
        var settled = Settled;
        var slab = _pool[header.Slab];
        var times = slab.AsSpan(header.Offset, header.Capacity);
        var entries = slab.AsSpan(header.Offset + header.Capacity, header.Capacity * _words);
        var kept = 0;
        for (var i = 1; i < header.Count; i++)
        {
            if (times[i] > settled || !CanMerge(times[kept], times[i]))
                kept++;
            times[kept] = times[i];
            entries.Slice(i * _words, _words).CopyTo(entries[(kept * _words)..]);
        }

        header.Count = kept + 1;
    }

    private bool CanMerge(long earlier, long later)
    {
        for (var w = 0; w < _limits.Length; w++)
        {
            var boundary = ViewPlan.FloorTo(later, _plan.WindowHop[w]);
            if (boundary > earlier && boundary >= _limits[w])
                return false;
        }

        return true;
    }

    private void Enlarge(ref EntityHeader header)
    {
        var capacity = header.Capacity * 2;
        var (slab, offset) = _pool.Rent(capacity * (1 + _words));
        var from = _pool[header.Slab];
        var to = _pool[slab];
        Array.Copy(from, header.Offset, to, offset, header.Count);
        Array.Copy(from, header.Offset + header.Capacity, to, offset + capacity, header.Count * _words);
        _pool.Return(header.Capacity * (1 + _words), header.Slab, header.Offset);
        header.Slab = slab;
        header.Offset = offset;
        header.Capacity = capacity;
    }

    private void AddHeader(int entity, int capacity)
    {
        var chunk = entity >> ChunkBits;
        if (chunk == _chunks.Length)
        {
            var chunks = new EntityHeader[chunk + 1][];
            _chunks.CopyTo(chunks, 0);
            chunks[chunk] = new EntityHeader[1 << ChunkBits];
            Volatile.Write(ref _chunks, chunks);
        }

        var (slab, offset) = _pool.Rent(capacity * (1 + _words));
        Header(entity) = new EntityHeader { Slab = slab, Offset = offset, Capacity = capacity };
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref EntityHeader Header(int entity) => ref Volatile.Read(ref _chunks)[entity >> ChunkBits][entity & ((1 << ChunkBits) - 1)];
}
