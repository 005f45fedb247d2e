namespace MlOps.Features;

internal sealed partial class OnlineState
{
    /// <summary>Writes the features of an entity as of a moment; -1 is an unknown entity. Allocates nothing.</summary>
    /// <param name="entity">The entity.</param>
    /// <param name="now">The moment.</param>
    /// <param name="features">Which features, by number in the plan.</param>
    /// <param name="destination">Where they go, in that order.</param>
    public void Read(int entity, long now, ReadOnlySpan<int> features, Span<float> destination)
    {
        if (entity < 0)
        {
            for (var i = 0; i < features.Length; i++)
            {
                ref readonly var feature = ref _plan.Features[features[i]];
                destination[i] = feature.Window >= 0 ? ViewPlan.Finish(feature.Function, 0, 0, 1) : float.NaN;
            }

            return;
        }

        ref var header = ref Header(entity);
        var spin = new SpinWait();
        while (true)
        {
            var version = Volatile.Read(ref header.Version);
            if ((version & 1) == 0)
            {
                int slab = header.Slab, offset = header.Offset, capacity = header.Capacity, count = header.Count;
                Volatile.ReadBarrier();
                // Only a consistent place may be followed; what lies there may still change and is checked again below.
                if (Volatile.Read(ref header.Version) == version)
                {
                    ReadBlock(_pool[slab], offset, capacity, count, now, features, destination);
                    Volatile.ReadBarrier();
                    if (Volatile.Read(ref header.Version) == version)
                        return;
                }
            }

            spin.SpinOnce(sleep1Threshold: -1);
        }
    }

    private void ReadBlock(long[] slab, int offset, int capacity, int count, long now, ReadOnlySpan<int> features, Span<float> destination)
    {
        var times = slab.AsSpan(offset, count);
        var entries = slab.AsSpan(offset + capacity, count * _words);
        var head = count - 1;
        if (times[head] > now)
            head = Math.Max(0, EntityRows.LowerBound(times, now + 1) - 1);
        Span<int> before = stackalloc int[_plan.WindowLength.Length];
        var high = head + 1;
        for (var w = 0; w < before.Length; w++)
        {
            // Windows come shortest first, so each search is bounded by the one before in the usual case.
            var tail = _plan.Tail(w, now);
            if (high > 0 && high <= head && times[high - 1] < tail)
                high = head + 1;
            high = EntityRows.LowerBound(times[..high], tail);
            before[w] = Math.Max(0, high - 1);
        }

        var top = entries.Slice(head * _words, _words);
        for (var i = 0; i < features.Length; i++)
        {
            ref readonly var feature = ref _plan.Features[features[i]];
            if (feature.Window >= 0)
            {
                var low = before[feature.Window] * _words + 2 * feature.Column;
                destination[i] = ViewPlan.Finish(
                    feature.Function, top[2 * feature.Column] - entries[low], top[2 * feature.Column + 1] - entries[low + 1], _plan.Fixed[feature.Column].Scale);
            }
            else
            {
                var word = top[_plainAt + 1 + feature.Column / 2];
                var value = BitConverter.Int32BitsToSingle((int)(feature.Column % 2 == 0 ? word : word >> 32));
                destination[i] = times[head] != long.MinValue && now - times[head] <= feature.TimeToLive ? value : float.NaN;
            }
        }
    }
}
