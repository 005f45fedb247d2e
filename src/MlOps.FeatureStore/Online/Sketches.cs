using System.Buffers;

namespace MlOps.Features;

/// <summary>
/// Sets of hashes and of buckets with counts, as sorted arrays that never change. An entry of one value has it in its block's word; a node is there
/// for more. Hashes lie ascending as unsigned numbers; a bucket lies above the 40 bits of its count.
/// </summary>
internal static class Sketches
{
    /// <summary>Added to buckets, so that 0 stands for none; greater than every bucket.</summary>
    public const int BucketBase = 1 << 12;

    private const int CountBits = 40;
    private const int HashesOnStack = 512;

    // Zero between uses.
    [ThreadStatic]
    private static long[]? s_buckets;

    public static long BucketWord(long units) => QuantileBuckets.Of(units) + BucketBase;

    /// <summary>The memory of a node in bytes.</summary>
    public static long BytesOf(long[]? node) => node is null ? 0 : 24 + 8L * node.Length;

    /// <summary>One set of all hashes of a run of entries, the smallest <paramref name="size"/> of them; the word is for a set of one.</summary>
    public static long[]? MergeHashes(ReadOnlySpan<long> words, ReadOnlySpan<long[]?> nodes, int stride, int size, out long word)
    {
        var union = new HashUnion(stackalloc ulong[HashesOnStack], size);
        union.AddAll(words, nodes, stride);
        var hashes = union.Hashes;
        word = hashes.Length == 1 ? (long)hashes[0] : 0;
        var node = hashes.Length > 1 ? new long[hashes.Length] : null;
        for (var i = 0; i < hashes.Length && node is not null; i++)
            node[i] = (long)hashes[i];
        union.Dispose();
        return node;
    }

    /// <summary>One multiset of all buckets of a run of entries.</summary>
    public static long[]? MergeBuckets(ReadOnlySpan<long> words, ReadOnlySpan<long[]?> nodes, int stride, out long word)
    {
        var buckets = s_buckets ??= new long[2 * BucketBase];
        var (low, high, total) = Count(buckets, words, nodes, stride, null, 0);
        word = 0;
        if (total <= 1)
        {
            if (total == 1)
                word = low;
            if (low <= high)
                buckets.AsSpan(low, high - low + 1).Clear();
            return null;
        }

        var distinct = 0;
        for (var b = low; b <= high; b++)
            distinct += buckets[b] != 0 ? 1 : 0;
        var node = new long[distinct];
        for (int b = low, at = 0; b <= high; b++)
        {
            if (buckets[b] != 0)
                node[at++] = ((long)b << CountBits) | buckets[b];
            buckets[b] = 0;
        }

        return node;
    }

    /// <summary>Distinct counts over entries; those known later than a moment are left out where their availabilities are given.</summary>
    public static void CountDistinct<TSink>(
        ReadOnlySpan<long> words, ReadOnlySpan<long[]?> nodes, int stride, ReadOnlySpan<long> known, long now, int size, ReadProgram.Op[] ops, DataType[] types, scoped ref TSink sink)
        where TSink : struct, IFeatureSink, allows ref struct
    {
        var union = new HashUnion(stackalloc ulong[HashesOnStack], size);
        for (var i = 0; i < words.Length; i++)
        {
            if (known.IsEmpty || known[i] <= now)
                union.Add(words[i], At(nodes, i * stride));
        }

        foreach (ref readonly var op in ops.AsSpan())
            sink.Number(op.Destination, types[op.Destination], DistinctEstimate.Of(union.Hashes, (int)op.Parameter));
        union.Dispose();
    }

    /// <summary>Quantiles over entries; those known later than a moment are left out where their availabilities are given.</summary>
    public static void Quantiles<TSink>(
        ReadOnlySpan<long> words, ReadOnlySpan<long[]?> nodes, int stride, ReadOnlySpan<long> known, long now, int scale, ReadProgram.Op[] ops, DataType[] types, scoped ref TSink sink)
        where TSink : struct, IFeatureSink, allows ref struct
    {
        var buckets = s_buckets ??= new long[2 * BucketBase];
        var (low, high, total) = Count(buckets, words, nodes, stride, known, now);
        foreach (ref readonly var op in ops.AsSpan())
            sink.Number(op.Destination, types[op.Destination], total == 0 ? double.NaN : QuantileBuckets.Middle(Bucket(buckets, low, high, QuantileBuckets.Place(op.Parameter, total))) / scale);
        if (low <= high)
            buckets.AsSpan(low, high - low + 1).Clear();
    }

    private static int Bucket(long[] buckets, int low, int high, long place)
    {
        var at = low;
        for (; at < high; at++)
        {
            place -= buckets[at];
            if (place < 0)
                break;
        }

        return at - BucketBase;
    }

    // What a racing writer leaves here may be anything; a bucket that is none is left out, and the reader finds out later.
    private static (int Low, int High, long Total) Count(long[] buckets, ReadOnlySpan<long> words, ReadOnlySpan<long[]?> nodes, int stride, ReadOnlySpan<long> known, long now)
    {
        int low = buckets.Length, high = -1;
        var total = 0L;
        for (var i = 0; i < words.Length; i++)
        {
            if (!known.IsEmpty && known[i] > now)
                continue;
            if (words[i] is > 0 and < 2 * BucketBase)
                Take((int)words[i], 1, ref low, ref high, ref total);
            if (At(nodes, i * stride) is not { } node)
                continue;
            foreach (var pair in node)
                Take((int)(pair >> CountBits), pair & ((1L << CountBits) - 1), ref low, ref high, ref total);
        }

        return (low, high, total);

        void Take(int bucket, long count, ref int low, ref int high, ref long total)
        {
            buckets[bucket] += count;
            low = Math.Min(low, bucket);
            high = Math.Max(high, bucket);
            total += count;
        }
    }

    private static long[]? At(ReadOnlySpan<long[]?> nodes, int at) => (uint)at < (uint)nodes.Length ? nodes[at] : null;

    /// <summary>The smallest distinct hashes of those that came.</summary>
    private ref struct HashUnion
    {
        private readonly int _size;
        private readonly ulong[]? _rented;
        private Span<ulong> _hashes;
        private Span<ulong> _other;
        private int _count;

        public HashUnion(Span<ulong> scratch, int size)
        {
            _size = size;
            _rented = 2 * size > scratch.Length ? ArrayPool<ulong>.Shared.Rent(2 * size) : null;
            var room = _rented ?? scratch;
            _hashes = room[..size];
            _other = room.Slice(size, size);
        }

        public readonly ReadOnlySpan<ulong> Hashes => _hashes[.._count];

        public void AddAll(ReadOnlySpan<long> words, ReadOnlySpan<long[]?> nodes, int stride)
        {
            for (var i = 0; i < words.Length; i++)
                Add(words[i], At(nodes, i * stride));
        }

        public void Add(long word, long[]? node)
        {
            if (word != 0)
                Add((ulong)word);
            if (node is not null)
                Merge(node);
        }

        public readonly void Dispose()
        {
            if (_rented is not null)
                ArrayPool<ulong>.Shared.Return(_rented);
        }

        private void Add(ulong hash)
        {
            if (_count == _size && hash >= _hashes[_count - 1])
                return;
            var at = _hashes[.._count].BinarySearch(hash);
            if (at >= 0)
                return;
            at = ~at;
            var end = Math.Min(_count, _size - 1);
            _hashes[at..end].CopyTo(_hashes[(at + 1)..]);
            _hashes[at] = hash;
            _count = end + 1;
        }

        private void Merge(ReadOnlySpan<long> node)
        {
            int a = 0, b = 0, count = 0;
            while (count < _size && (a < _count || b < node.Length))
            {
                ulong left = a < _count ? _hashes[a] : ulong.MaxValue, right = b < node.Length ? (ulong)node[b] : ulong.MaxValue;
                if (a < _count && (b == node.Length || left <= right))
                {
                    a++;
                    if (b < node.Length && left == right)
                        b++;
                    _other[count++] = left;
                }
                else
                {
                    b++;
                    _other[count++] = right;
                }
            }

            var done = _other;
            _other = _hashes;
            _hashes = done;
            _count = count;
        }
    }
}
