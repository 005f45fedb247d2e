using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace MlOps.Serving;

/// <summary>
/// Answers of one model version by input row. Bounded; what was not asked for again leaves first, by SIEVE (Zhang et al., NSDI 2024): a hit
/// sets one flag and moves nothing. Inputs are compared whole, the hash is keyed by a random secret, so chosen inputs cannot share places.
/// Thread-safe; a hit allocates nothing.
/// </summary>
internal sealed class ResponseCache
{
    private const int Shards = 16;
    private const int EntriesPerShard = 64;
    private const int StackFloats = 512;

    private readonly Shard[] _shards;
    private readonly SipHash _hash;
    private readonly TimeProvider _clock;
    private readonly long _lifetime;
    private readonly float _quantum;

    public ResponseCache(ResponseCacheOptions options, TimeProvider clock)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Capacity, 1);
        _clock = clock;
        _lifetime = options.TimeToLive is { } wait ? (long)(wait.TotalSeconds * clock.TimestampFrequency) : 0;
        _quantum = options.Quantum;
        Span<ulong> secret = stackalloc ulong[2];
        RandomNumberGenerator.Fill(MemoryMarshal.AsBytes(secret));
        _hash = new SipHash(secret[0], secret[1]);
        var shards = Math.Clamp(options.Capacity / EntriesPerShard, 1, Shards);
        _shards = new Shard[shards];
        for (var i = 0; i < shards; i++)
            _shards[i] = new Shard((options.Capacity / shards) + (i < options.Capacity % shards ? 1 : 0));
    }

    /// <summary>Answers kept now.</summary>
    public int Count => _shards.Sum(shard => shard.Count);

    /// <summary>Writes the answer to an input that was kept.</summary>
    /// <param name="row">The input.</param>
    /// <param name="scores">Where the answer goes.</param>
    /// <returns>Whether there was one.</returns>
    public bool TryGet(ReadOnlySpan<float> row, Span<float> scores)
    {
        if (_quantum == 0)
            return TryGetExact(row, scores);
        var rounded = row.Length <= StackFloats ? stackalloc float[row.Length] : new float[row.Length];
        Round(row, rounded);
        return TryGetExact(rounded, scores);
    }

    /// <summary>Keeps an answer.</summary>
    /// <param name="row">The input.</param>
    /// <param name="scores">The answer.</param>
    public void Add(ReadOnlySpan<float> row, ReadOnlySpan<float> scores)
    {
        if (_quantum == 0)
        {
            AddExact(row, scores);
            return;
        }

        var rounded = row.Length <= StackFloats ? stackalloc float[row.Length] : new float[row.Length];
        Round(row, rounded);
        AddExact(rounded, scores);
    }

    private bool TryGetExact(ReadOnlySpan<float> row, Span<float> scores)
    {
        var hash = _hash.Hash(MemoryMarshal.AsBytes(row));
        return Of(hash).TryGet(hash, row, scores, _lifetime == 0 ? 0 : _clock.GetTimestamp());
    }

    private void AddExact(ReadOnlySpan<float> row, ReadOnlySpan<float> scores)
    {
        var hash = _hash.Hash(MemoryMarshal.AsBytes(row));
        Of(hash).Add(hash, row, scores, _lifetime == 0 ? long.MaxValue : _clock.GetTimestamp() + _lifetime);
    }

    private Shard Of(ulong hash) => _shards[(int)((hash >> 32) * (ulong)_shards.Length >> 32)];

    private void Round(ReadOnlySpan<float> row, Span<float> rounded)
    {
        for (var i = 0; i < row.Length; i++)
            rounded[i] = MathF.Floor(row[i] / _quantum) + 0f;
    }

    private sealed class Entry
    {
        public ulong Hash;
        public float[] Row = [];
        public float[] Scores = [];
        public long Expires;
        public bool Asked;
        public Entry? Newer;
        public Entry? Older;
    }

    private sealed class Shard(int capacity)
    {
        private readonly Lock _gate = new();
        private readonly Dictionary<ulong, Entry> _entries = new(Math.Min(capacity, 1024));
        private Entry? _newest;
        private Entry? _oldest;
        private Entry? _hand;

        public int Count
        {
            get
            {
                lock (_gate)
                    return _entries.Count;
            }
        }

        public bool TryGet(ulong hash, ReadOnlySpan<float> row, Span<float> scores, long now)
        {
            lock (_gate)
            {
                if (!_entries.TryGetValue(hash, out var entry) || entry.Expires <= now || !SameBits(entry.Row, row))
                    return false;
                entry.Asked = true;
                entry.Scores.CopyTo(scores);
                return true;
            }
        }

        public void Add(ulong hash, ReadOnlySpan<float> row, ReadOnlySpan<float> scores, long expires)
        {
            lock (_gate)
            {
                if (_entries.TryGetValue(hash, out var entry))
                {
                    Fill(entry, row, scores, expires);
                    return;
                }

                entry = _entries.Count >= capacity ? Evict() : new Entry();
                entry.Hash = hash;
                Fill(entry, row, scores, expires);
                entry.Asked = false;
                entry.Older = _newest;
                entry.Newer = null;
                if (_newest is not null)
                    _newest.Newer = entry;
                _newest = entry;
                _oldest ??= entry;
                _entries.Add(hash, entry);
            }
        }

        private static bool SameBits(float[] kept, ReadOnlySpan<float> row) =>
            MemoryMarshal.AsBytes(kept.AsSpan()).SequenceEqual(MemoryMarshal.AsBytes(row));

        private static void Fill(Entry entry, ReadOnlySpan<float> row, ReadOnlySpan<float> scores, long expires)
        {
            if (entry.Row.Length != row.Length)
                entry.Row = new float[row.Length];
            if (entry.Scores.Length != scores.Length)
                entry.Scores = new float[scores.Length];
            row.CopyTo(entry.Row);
            scores.CopyTo(entry.Scores);
            entry.Expires = expires;
        }

        // From the oldest to the newest: spares once what was asked for since the hand last passed.
        private Entry Evict()
        {
            var entry = _hand ?? _oldest!;
            while (entry.Asked)
            {
                entry.Asked = false;
                entry = entry.Newer ?? _oldest!;
            }

            _hand = entry.Newer;
            if (entry.Newer is { } newer)
                newer.Older = entry.Older;
            else
                _newest = entry.Older;
            if (entry.Older is { } older)
                older.Newer = entry.Newer;
            else
                _oldest = entry.Newer;
            _entries.Remove(entry.Hash);
            return entry;
        }
    }
}
