using System.Buffers;
using System.Runtime.CompilerServices;

namespace MlOps.Features;

internal sealed partial class OnlineState
{
    private const int HiddenOnStack = 256;

    /// <summary>Writes the features of an entity as known at a moment; -1 is an unknown entity. Allocates nothing.</summary>
    /// <param name="entity">The entity.</param>
    /// <param name="now">The moment.</param>
    /// <param name="features">Which features, by number in the plan.</param>
    /// <param name="destination">Where they go, in that order.</param>
    /// <returns>Whether the answer is exact; false before <see cref="ExactFrom"/>.</returns>
    public bool Read(int entity, long now, ReadOnlySpan<int> features, Span<float> destination)
    {
        if (entity < 0)
        {
            for (var i = 0; i < features.Length; i++)
            {
                ref readonly var feature = ref _plan.Features[features[i]];
                destination[i] = feature.Window >= 0 ? Finish(feature.Function, 0, 0, 1) : float.NaN;
            }

            return now >= ExactFrom;
        }

        ref var header = ref Header(entity);
        var spin = new SpinWait();
        while (true)
        {
            var version = Volatile.Read(ref header.Version);
            if ((version & 1) == 0)
            {
                int slab = header.Slab, offset = header.Offset, capacity = header.Capacity, count = header.Count;
                var newest = header.Newest;
                Volatile.ReadBarrier();
                // Only a consistent place may be followed; what lies there may still change and is checked again below.
                if (Volatile.Read(ref header.Version) == version)
                {
                    var block = new Block(_pool[slab], offset, capacity, count, _words);
                    if (now >= newest)
                        ReadBlock(block, now, features, destination);
                    else
                        ReadBlockAsKnown(block, now, features, destination);
                    Volatile.ReadBarrier();
                    // Asked last: what a writer has merged meanwhile, it has announced before.
                    if (Volatile.Read(ref header.Version) == version)
                        return now >= ExactFrom;
                }
            }

            spin.SpinOnce(sleep1Threshold: -1);
        }
    }

    private static float Finish(AggregateFunction function, long count, long sum, int scale) => (float)new Totals { Count = count, Sum = sum }.Finish(function, scale);

    private void ReadBlock(in Block block, long now, ReadOnlySpan<int> features, Span<float> destination)
    {
        var times = block.Times;
        var entries = block.Entries;
        Span<int> before = stackalloc int[_plan.Windows.Length];
        var head = Locate(times, now, before);
        var top = entries.Slice(head * _words, _words);
        for (var i = 0; i < features.Length; i++)
        {
            ref readonly var feature = ref _plan.Features[features[i]];
            if (feature.Window >= 0)
            {
                var low = before[feature.Window] * _words + 2 * feature.Column;
                destination[i] = Finish(feature.Function, top[2 * feature.Column] - entries[low], top[2 * feature.Column + 1] - entries[low + 1], _plan.Fixed[feature.Column].Scale);
            }
            else
            {
                destination[i] = Plain(in feature, top, times[head], now);
            }
        }
    }

    // Some row of the entity became known after the moment: such rows are taken out of every window, and do not count as the newest.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void ReadBlockAsKnown(in Block block, long now, ReadOnlySpan<int> features, Span<float> destination)
    {
        var stride = 2 * _plan.Fixed.Length;
        var words = stride * _plan.Windows.Length;
        var rented = words > HiddenOnStack ? ArrayPool<long>.Shared.Rent(words) : null;
        var hidden = rented is null ? stackalloc long[HiddenOnStack] : rented;
        hidden[..words].Clear();

        var times = block.Times;
        var entries = block.Entries;
        var known = block.Available;
        Span<int> before = stackalloc int[_plan.Windows.Length];
        var head = Locate(times, now, before);
        var first = head;
        foreach (var low in before)
            first = Math.Min(first, low);
        for (var i = first + 1; i <= head; i++)
        {
            if (known[i] <= now)
                continue;
            var upTo = entries.Slice(i * _words, stride);
            var below = entries.Slice((i - 1) * _words, stride);
            for (var w = 0; w < before.Length; w++)
            {
                if (i <= before[w])
                    continue;
                var sums = hidden.Slice(w * stride, stride);
                for (var c = 0; c < stride; c++)
                    sums[c] += upTo[c] - below[c];
            }
        }

        var top = entries.Slice(head * _words, stride);
        var newest = head;
        while (newest > 0 && known[newest] > now)
            newest--;
        for (var i = 0; i < features.Length; i++)
        {
            ref readonly var feature = ref _plan.Features[features[i]];
            if (feature.Window >= 0)
            {
                var column = 2 * feature.Column;
                var low = before[feature.Window] * _words + column;
                var late = feature.Window * stride + column;
                destination[i] = Finish(feature.Function, top[column] - entries[low] - hidden[late], top[column + 1] - entries[low + 1] - hidden[late + 1], _plan.Fixed[feature.Column].Scale);
            }
            else
            {
                destination[i] = Plain(in feature, entries.Slice(newest * _words, _words), times[newest], now);
            }
        }

        if (rented is not null)
            ArrayPool<long>.Shared.Return(rented);
    }

    // The last entry at or before the moment, and for each window the last one before its tail.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Locate(ReadOnlySpan<long> times, long now, Span<int> before)
    {
        var head = times.Length - 1;
        if (times[head] > now)
            head = Math.Max(0, EntityRows.LowerBound(times, now + 1) - 1);
        var high = head + 1;
        for (var w = 0; w < before.Length; w++)
        {
            // Windows come shortest first, so each search is bounded by the one before in the usual case.
            var tail = _plan.Low(w, now);
            if (high > 0 && high <= head && times[high - 1] < tail)
                high = head + 1;
            high = EntityRows.LowerBound(times[..high], tail);
            before[w] = Math.Max(0, high - 1);
        }

        return head;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private float Plain(in PlannedFeature feature, ReadOnlySpan<long> entry, long time, long now)
    {
        var word = entry[_plainAt + feature.Column / 2];
        var value = BitConverter.Int32BitsToSingle((int)(feature.Column % 2 == 0 ? word : word >> 32));
        return time != long.MinValue && now - time <= feature.TimeToLive ? value : float.NaN;
    }

    /// <summary>An entity's entries as a reader found them; see the layout at the class.</summary>
    private readonly ref struct Block(long[] slab, int offset, int capacity, int count, int words)
    {
        public ReadOnlySpan<long> Times => slab.AsSpan(offset, count);

        public ReadOnlySpan<long> Entries => slab.AsSpan(offset + capacity, count * words);

        public ReadOnlySpan<long> Available => slab.AsSpan(offset + capacity * (1 + words), count);
    }
}
