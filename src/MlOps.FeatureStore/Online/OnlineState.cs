using System.Runtime.CompilerServices;

namespace MlOps.Features;

/// <summary>
/// A view's newest state in memory. Under one header an entity has window entries in order of event time, which carry running totals of everything up
/// to them, so that a window is the difference of two entries, and their own extremes and sketches; and the recent rows that plain features and last
/// values are taken of. Old entries between which no window's edge can fall any more are merged into tiles. One writer at a time; readers take no
/// lock and retry on a race.
/// </summary>
/// <remarks>
/// The layout is at <see cref="OnlineLayout"/>. Entry 0 always exists: it stands for everything before the others, and its availability is the last event
/// time merged into it. An entry that was not known yet at <see cref="ExactFrom"/> is never merged, so it is one row, its own share is the difference
/// to the entry before, and a read as of a moment at which it was not known can leave it out. A merged entry's availability is far in the past.
/// </remarks>
internal sealed partial class OnlineState
{
    private readonly ViewPlan _plan;
    private readonly OnlineLayout _layout;
    private readonly BlockPool _pool = new();
    private readonly bool _isUpsert;
    private readonly RowPacker _packer;
    private readonly long[] _steps;
    private readonly long[] _stepLimits;
    private readonly long _readLag;
    private readonly TimeProvider _clock;
    private readonly SettlingMark _mark;
    private long _exactFrom = long.MinValue;
    private long _windowReach = long.MinValue;
    private long _reach = long.MinValue;
    private long _rowReach = long.MaxValue;
    private long _edgesMoveAt = long.MinValue;
    private readonly long _longestLife;
    private long _managedBytes;
    private long _now;
    private int[] _targets = new int[16];

    public OnlineState(ViewPlan plan, FeatureStoreOptions options, TimeProvider clock)
    {
        _plan = plan;
        _layout = new OnlineLayout(plan);
        _isUpsert = plan.View.IsUpsert;
        _packer = new RowPacker(_layout);
        _readLag = options.ReadLag.Ticks / 10;
        _memoryLimit = options.OnlineMemoryBytes;
        _evicts = options.OnlineMemoryPolicy == OnlineMemoryPolicy.EvictOldest;
        _clock = clock;
        _mark = new SettlingMark(options.SettlingRows);
        _now = Now();
        Entities = new EntityDirectory(plan.View.Keys.Count, _layout.Texts > 0, _layout.Sketches > 0);
        _steps = [.. _layout.WindowsOfEntries.Where(w => plan.Windows[w].Kind != FeatureWindowKind.Lifetime).Select(plan.Step).Distinct().Order()];
        _stepLimits = new long[_steps.Length];
        Array.Fill(_stepLimits, long.MinValue);
        _longestLife = plan.Features.Where(f => f.Window < 0).Select(f => f.TimeToLive).Append(-1).Max();
    }

    public EntityDirectory Entities { get; }

    public OnlineLayout Layout => _layout;

    /// <summary>The newest availability seen.</summary>
    public long AvailableUpTo => _mark.Newest;

    /// <summary>What is known up to here has settled: see <see cref="SettlingMark"/>.</summary>
    public long SettledUpTo => _mark.Value;

    /// <summary>Reads as of this moment or later are exact; before it, windows may end at a tile's edge and later knowledge may show.</summary>
    public long ExactFrom => Volatile.Read(ref _exactFrom);

    /// <summary>Rows of an event time before this can matter to no read from <see cref="ExactFrom"/> on.</summary>
    public long Reach => _reach;

    /// <summary>Rows that came too late to matter to any window.</summary>
    public long ExpiredRows { get; private set; }

    /// <summary>Rows of an upsert view that may replace one that is not kept by itself any more, and were left out of windows.</summary>
    public long UnreplaceableRows { get; private set; }

    public long Now() => Timestamp.From(_clock.GetUtcNow()).Microseconds;

    public ReadProgram Program(ReadOnlySpan<int> features) => new(_layout, features);

    /// <summary>Says that everything available up to a moment is being applied, so that what no window can reach is skipped.</summary>
    public void AdvanceTo(long available)
    {
        _now = Now();
        if (available != long.MinValue && _mark.MoveTo(available))
            Settle();
    }

    public void Apply(RowBatch batch)
    {
        var numbers = new int[batch.Keys[0].Length];
        Array.Fill(numbers, -1);
        _now = Now();
        int words = _layout.RowWords, texts = _layout.Texts;
        for (var from = 0; from < batch.Count; from += RowPacker.BlockRows)
        {
            var count = Math.Min(RowPacker.BlockRows, batch.Count - from);
            Resolve(batch, from, count, numbers);
            if (words > 0)
                _packer.Pack(batch.Plain, from, count);
            for (var r = 0; r < count; r++)
            {
                var at = from + r;
                var number = numbers[batch.Entity[at]];
                if (number < 0)
                {
                    ExpiredRows++;
                    Observe(batch.Available[at]);
                    continue;
                }

                Apply(number, new OnlineRow
                {
                    Event = batch.Event[at],
                    Available = batch.Available[at],
                    Fixed = batch.Fixed,
                    Hashed = batch.Hashed,
                    At = at,
                    Words = _packer.Words.AsSpan(r * words, words),
                    Texts = _packer.Texts.AsSpan(r * texts, texts),
                });
            }
        }
    }

    // Finds or adds the entities of a block of rows. Memory is asked for in steps over all rows, so that they wait together and not one after another.
    private void Resolve(RowBatch batch, int from, int count, int[] numbers)
    {
        Span<ulong> hashes = stackalloc ulong[RowPacker.BlockRows];
        for (var r = 0; r < count; r++)
        {
            var code = batch.Entity[from + r];
            if (numbers[code] < 0)
                Cache.PrefetchText(batch.Keys[0][code]);
        }

        for (var r = 0; r < count; r++)
        {
            var code = batch.Entity[from + r];
            if (numbers[code] >= 0 || batch.Event[from + r] < _reach)
                continue;
            hashes[r] = Entities.Hash(new EntityKey(batch.Keys, code));
            Entities.PrefetchSlot(hashes[r]);
        }

        for (var r = 0; r < count; r++)
        {
            var number = numbers[batch.Entity[from + r]];
            if (number >= 0)
                Cache.Prefetch(ref Entities.Chunk(number, out var at).Headers[at]);
            else if (batch.Event[from + r] >= _reach)
                Entities.PrefetchEntity(hashes[r]);
        }

        for (var r = 0; r < count; r++)
        {
            ref var number = ref numbers[batch.Entity[from + r]];
            if (number < 0 && batch.Event[from + r] >= _reach)
                number = GetOrAdd(new EntityKey(batch.Keys, batch.Entity[from + r]), hashes[r]);
            if (number >= 0)
                PrefetchEnd(number);
        }
    }

    // What appending a row will touch.
    private void PrefetchEnd(int number)
    {
        var chunk = Entities.Chunk(number, out var at);
        ref readonly var header = ref chunk.Headers[at];
        if (header.Window.Capacity > 0)
        {
            var slab = _pool[header.Window.Slab];
            int count = header.Window.Count, capacity = header.Window.Capacity;
            foreach (var (start, width) in _layout.WindowArrays)
            {
                ref var array = ref slab[header.Window.Offset + (start * capacity)];
                Cache.Prefetch(ref Unsafe.Add(ref array, (count - 1) * width));
                if (width > 1)
                    Cache.Prefetch(ref Unsafe.Add(ref array, (Math.Min(count + 1, capacity) * width) - 1));
            }
        }

        if (header.Recent.Capacity > 0)
            Cache.Prefetch(ref _pool[header.Recent.Slab][header.Recent.Offset + (Math.Max(0, header.Recent.Count - 1) * _layout.RowWords)]);
    }

    /// <summary>The handle of an entity; -1 when there is none.</summary>
    public long Find(params string[] key) => Find(new EntityKey([.. key.Select(part => new[] { part })], 0));

    /// <summary>The same for a request's key; asks for the entity's memory before the key is compared.</summary>
    public long Find(in EntityKey key)
    {
        for (var p = 0; p < _plan.View.Keys.Count; p++)
        {
            if (key[p] is null)
                return -1;
        }

        var hash = Entities.Hash(key);
        if (Entities.Candidate(hash) is >= 0 and var number)
            Prefetch(number);
        return Entities.Find(key, hash);
    }

    public int GetOrAdd(in EntityKey key) => GetOrAdd(key, Entities.Hash(key));

    private int GetOrAdd(in EntityKey key, ulong hash)
    {
        var found = Entities.Find(key, hash);
        if (found >= 0)
            return (int)found;
        // The header comes first: a reader may ask for the entity as soon as its key is published.
        var number = Entities.Reserve();
        Begin(number);
        Entities.Publish(number, key, hash);
        return number;
    }

    /// <summary>Takes an entity out: it reads as never seen, and what comes for it counts from zero.</summary>
    public void Remove(int number)
    {
        var chunk = Entities.Chunk(number, out var at);
        ref var header = ref chunk.Headers[at];
        BeginWrite(ref header);
        End(ref header, chunk, at);
        Entities.Remove(number);
        Volatile.Write(ref header.Version, header.Version + 1);
    }

    /// <summary>Makes an entity as one that was never seen, but keeps its place.</summary>
    public void Clear(int number)
    {
        var chunk = Entities.Chunk(number, out var at);
        ref var header = ref chunk.Headers[at];
        BeginWrite(ref header);
        End(ref header, chunk, at);
        header.Newest = header.LastEvent = long.MinValue;
        if (_layout.WindowWords > 0)
            BeginWindow(ref header, chunk, at);
        Volatile.Write(ref header.Version, header.Version + 1);
    }

    /// <summary>Whether no window, and no plain feature, can depend on a row of that event time any more.</summary>
    public bool IsExpired(long eventTime) => eventTime < _reach;

    public void Apply(int number, in OnlineRow row)
    {
        Observe(row.Available);
        if (row.Event < _reach)
        {
            ExpiredRows++;
            return;
        }

        var chunk = Entities.Chunk(number, out var at);
        ref var header = ref chunk.Headers[at];
        BeginWrite(ref header);
        try
        {
            if (_layout.WindowWords > 0)
                ApplyWindow(ref header, chunk, at, row);
            if (_layout.RowWords > 0)
                ApplyRecent(ref header, chunk, at, row);
            if (row.Available > header.Newest)
                header.Newest = row.Available;
            if (row.Event > header.LastEvent)
                header.LastEvent = row.Event;
        }
        finally
        {
            Volatile.Write(ref header.Version, header.Version + 1);
        }
    }

    private void Begin(int number)
    {
        var chunk = Entities.Chunk(number, out var at);
        ref var header = ref chunk.Headers[at];
        BeginWrite(ref header);
        header.Newest = header.LastEvent = long.MinValue;
        header.Pass = 0;
        header.Recent = default;
        header.Window = default;
        if (_layout.WindowWords > 0)
            BeginWindow(ref header, chunk, at);
        Volatile.Write(ref header.Version, header.Version + 1);
    }

    private void End(ref EntityHeader header, EntityChunk chunk, int at)
    {
        if (header.Window.Capacity > 0)
        {
            _pool[header.Window.Slab].AsSpan(header.Window.Offset, header.Window.Capacity * _layout.WindowWords).Clear();
            _pool.Return(header.Window.Capacity * _layout.WindowWords, header.Window.Slab, header.Window.Offset);
        }

        if (header.Recent.Capacity > 0)
        {
            _pool[header.Recent.Slab].AsSpan(header.Recent.Offset, header.Recent.Capacity * _layout.RowWords).Clear();
            _pool.Return(header.Recent.Capacity * _layout.RowWords, header.Recent.Slab, header.Recent.Offset);
        }

        header.Window = header.Recent = default;
        if (chunk.Nodes is not null)
        {
            foreach (var node in chunk.Nodes[at] ?? [])
                _managedBytes -= Sketches.BytesOf(node);
            _managedBytes -= 8L * (chunk.Nodes[at]?.Length ?? 0);
            chunk.Nodes[at] = null;
        }

        if (chunk.Texts is not null)
        {
            foreach (var text in chunk.Texts[at] ?? [])
                _managedBytes -= BytesOf(text);
            _managedBytes -= 8L * (chunk.Texts[at]?.Length ?? 0);
            chunk.Texts[at] = null;
        }
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
        // Most moments share their windows' edges with the one before.
        if (moment >= _edgesMoveAt)
            MoveEdges(moment);
        _reach = _rowReach;
        if (_longestLife >= 0)
            _reach = Math.Min(_reach, _longestLife == long.MaxValue ? long.MinValue : moment - _longestLife);
    }

    private void MoveEdges(long moment)
    {
        Array.Fill(_stepLimits, long.MaxValue);
        _windowReach = _layout.ReachesForEver ? long.MinValue : long.MaxValue;
        _edgesMoveAt = long.MaxValue;
        foreach (var w in _layout.WindowsOfEntries)
        {
            if (_plan.Windows[w].Kind == FeatureWindowKind.Lifetime)
                continue;
            var low = _plan.Low(w, moment);
            ref var limit = ref _stepLimits[Array.IndexOf(_steps, _plan.Step(w))];
            limit = Math.Min(limit, low);
            _windowReach = Math.Min(_windowReach, low);
            _edgesMoveAt = Math.Min(_edgesMoveAt, _plan.NextEdge(w, low));
        }

        _rowReach = _windowReach;
        foreach (ref readonly var feature in _plan.Features.AsSpan())
        {
            if (feature.Window < 0 || feature.Function != AggregateFunction.LastN)
                continue;
            _rowReach = Math.Min(_rowReach, _plan.Low(feature.Window, moment));
            _edgesMoveAt = Math.Min(_edgesMoveAt, _plan.NextEdge(feature.Window, _plan.Low(feature.Window, moment)));
        }
    }

    // One writer: no locked instruction, which would wait for every store that is still on its way to memory.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void BeginWrite(ref EntityHeader header)
    {
        header.Version++;
        Volatile.WriteBarrier();
    }

    private int[] Targets(int count)
    {
        if (_targets.Length < count)
            _targets = new int[Math.Max(count, 2 * _targets.Length)];
        return _targets;
    }

    private static long BytesOf(string? text) => text is null ? 0 : 22 + 2L * text.Length;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int NextCapacity(int capacity) => (capacity & (capacity - 1)) == 0 ? capacity / 2 * 3 : capacity / 3 * 4;
}
