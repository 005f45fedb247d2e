using System.Runtime.CompilerServices;

namespace MlOps.Features;

/// <summary>
/// A view's newest state in memory. Each entity has entries in order of event time; an entry carries running totals of everything up to it,
/// so a window is the difference of two entries, exact at any moment, and late rows add to the entries behind them. Old entries between
/// which no window's tail can fall any more are merged into tiles. One writer at a time; readers take no lock and retry on a race.
/// </summary>
/// <remarks>
/// A block is <c>times[capacity]</c>, then per entry <c>(count, sum)</c> by aggregated column and, with plain features, two floats a word,
/// then <c>available[capacity]</c>. Entry 0 always exists: it stands for everything before the others. An entry that was not known yet at
/// <see cref="ExactFrom"/> is never merged, so it is one row, its own share is the difference to the entry before, and a read as of a moment
/// at which it was not known can leave it out.
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
    private readonly TimeProvider _clock;
    private readonly SettlingMark _mark;
    private EntityHeader[][] _chunks = [];
    private long _exactFrom = long.MinValue;
    private long _now;

    public OnlineState(ViewPlan plan, FeatureStoreOptions options, TimeProvider clock)
    {
        _plan = plan;
        _readLag = options.ReadLag.Ticks / 10;
        _clock = clock;
        _mark = new SettlingMark(options.SettlingRows);
        _now = Now();
        Keys = new KeyTable(plan.View.Keys.Count);
        _plainAt = 2 * plan.Fixed.Length;
        _words = _plainAt + (plan.Plain.Length + 1) / 2;
        _limits = new long[plan.Windows.Length];
        Array.Fill(_limits, long.MinValue);
    }

    public KeyTable Keys { get; }

    /// <summary>The newest availability seen.</summary>
    public long AvailableUpTo => _mark.Newest;

    /// <summary>What is known up to here has settled: see <see cref="SettlingMark"/>.</summary>
    public long SettledUpTo => _mark.Value;

    /// <summary>Reads as of this moment or later are exact; before it, windows may end at a tile's edge and later knowledge may show.</summary>
    public long ExactFrom => Volatile.Read(ref _exactFrom);

    /// <summary>Rows that came too late to matter to any window.</summary>
    public long ExpiredRows { get; private set; }

    public long MemoryBytes => _pool.Words * 8;

    public long Now() => Timestamp.From(_clock.GetUtcNow()).Microseconds;

    /// <summary>Says that everything available up to a moment is being applied, so that what no window can reach is skipped.</summary>
    public void AdvanceTo(long available)
    {
        _now = Now();
        if (available != long.MinValue && _mark.MoveTo(available))
            Settle();
    }

    public void Apply(RowBatch batch)
    {
        var entities = new int[batch.Keys[0].Length];
        Array.Fill(entities, -1);
        _now = Now();
        Span<long> units = stackalloc long[_plan.Fixed.Length];
        Span<float> plain = stackalloc float[_plan.Plain.Length];
        for (var row = 0; row < batch.Count; row++)
        {
            for (var c = 0; c < units.Length; c++)
                units[c] = batch.Fixed[c][row];
            for (var c = 0; c < plain.Length; c++)
                plain[c] = ((DataColumn<float>)batch.Plain[c]).Span[row];
            if (IsExpired(batch.Event[row]))
            {
                ExpiredRows++;
                Observe(batch.Available[row]);
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
        slab.AsSpan(header.Offset, BlockWords(FirstCapacity)).Clear();
        slab[header.Offset] = long.MinValue;
        WritePlain(slab.AsSpan(header.Offset + FirstCapacity, _words), []);
        slab[AvailableAt(ref header)] = long.MinValue;
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

    public void Apply(int entity, long eventTime, long available, ReadOnlySpan<long> units, ReadOnlySpan<float> plain)
    {
        Observe(available);
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
        var known = slab.AsSpan(AvailableAt(ref header), header.Capacity);
        times[(at + 1)..count].CopyTo(times[(at + 2)..]);
        known[(at + 1)..count].CopyTo(known[(at + 2)..]);
        entries[((at + 1) * _words)..(count * _words)].CopyTo(entries[((at + 2) * _words)..]);
        times[at + 1] = eventTime;
        known[at + 1] = available;
        if (available > header.Newest)
            header.Newest = available;
        var entry = entries.Slice((at + 1) * _words, _words);
        entries.Slice(at * _words, _plainAt).CopyTo(entry);
        WritePlain(entry, plain);
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
            || (time == eventTime && _plan.Plain.Length > 0 && slab[AvailableAt(ref header) + entry] > available);
    }

    private void WritePlain(Span<long> entry, ReadOnlySpan<float> plain)
    {
        for (var c = 0; c < _plan.Plain.Length; c += 2)
        {
            var low = c < plain.Length ? plain[c] : float.NaN;
            var high = c + 1 < plain.Length ? plain[c + 1] : float.NaN;
            entry[_plainAt + c / 2] = (uint)BitConverter.SingleToInt32Bits(low) | ((long)BitConverter.SingleToInt32Bits(high) << 32);
        }
    }

    // Entries a < b become one (at b's time, with b's totals and plain values) when no tail that may still be asked for falls into (a, b],
    // and both were known at every moment that may still be asked for.
    private void Compact(ref EntityHeader header)
    {
        var settled = _exactFrom;
        var slab = _pool[header.Slab];
        var times = slab.AsSpan(header.Offset, header.Capacity);
        var entries = slab.AsSpan(header.Offset + header.Capacity, header.Capacity * _words);
        var known = slab.AsSpan(AvailableAt(ref header), header.Capacity);
        var kept = 0;
        for (var i = 1; i < header.Count; i++)
        {
            if (times[i] > settled || known[i] > settled || known[kept] > settled || !CanMerge(times[kept], times[i]))
                kept++;
            times[kept] = times[i];
            known[kept] = known[i];
            entries.Slice(i * _words, _words).CopyTo(entries[(kept * _words)..]);
        }

        header.Count = kept + 1;
    }

    private bool CanMerge(long earlier, long later)
    {
        for (var w = 0; w < _limits.Length; w++)
        {
            var boundary = ViewPlan.FloorTo(later, _plan.Step(w));
            if (boundary > earlier && boundary >= _limits[w])
                return false;
        }

        return true;
    }

    private void Enlarge(ref EntityHeader header)
    {
        var capacity = header.Capacity * 2;
        var (slab, offset) = _pool.Rent(BlockWords(capacity));
        var from = _pool[header.Slab];
        var to = _pool[slab];
        Array.Copy(from, header.Offset, to, offset, header.Count);
        Array.Copy(from, header.Offset + header.Capacity, to, offset + capacity, header.Count * _words);
        Array.Copy(from, AvailableAt(ref header), to, offset + capacity * (1 + _words), header.Count);
        _pool.Return(BlockWords(header.Capacity), header.Slab, header.Offset);
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

        var (slab, offset) = _pool.Rent(BlockWords(capacity));
        Header(entity) = new EntityHeader { Slab = slab, Offset = offset, Capacity = capacity, Newest = long.MinValue };
    }

    private void Observe(long available)
    {
        if (_mark.Observe(available, _now))
            Settle();
    }

    private void Settle()
    {
        if (_mark.Value != long.MinValue)
            BeExactFrom(_mark.Value - _readLag);
    }

    private void BeExactFrom(long moment)
    {
        if (moment <= _exactFrom)
            return;
        // Published before anything is merged because of it: a reader that sees what was merged sees that it is no longer exact.
        Volatile.Write(ref _exactFrom, moment);
        for (var w = 0; w < _limits.Length; w++)
            _limits[w] = _plan.Low(w, moment);
    }

    private int BlockWords(int capacity) => capacity * (2 + _words);

    private int AvailableAt(ref EntityHeader header) => header.Offset + header.Capacity * (1 + _words);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref EntityHeader Header(int entity) => ref Volatile.Read(ref _chunks)[entity >> ChunkBits][entity & ((1 << ChunkBits) - 1)];
}
