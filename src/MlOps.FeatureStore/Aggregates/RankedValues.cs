namespace MlOps.Features;

/// <summary>The distinct values of one entity's column in ascending order, and the place of each row's value among them; -1 for no value.</summary>
internal sealed class RankedValues
{
    private int[] _rows = [];
    private ulong[] _sorted = [];

    public int[] Rank { get; private set; } = [];

    public ulong[] Distinct { get; private set; } = [];

    public int Count { get; private set; }

    /// <summary>Ranks hashes as unsigned numbers; 0 is no value.</summary>
    public void RankHashes(ReadOnlySpan<long> hashes)
    {
        Begin(hashes.Length);
        var present = 0;
        for (var i = 0; i < hashes.Length; i++)
        {
            Rank[i] = -1;
            if (hashes[i] == 0)
                continue;
            _sorted[present] = (ulong)hashes[i];
            _rows[present++] = i;
        }

        End(present);
    }

    /// <summary>Ranks values in units by the bucket that they fall into; <see cref="BucketOf"/> gives it back.</summary>
    public void RankBuckets(ReadOnlySpan<long> units)
    {
        Begin(units.Length);
        var present = 0;
        for (var i = 0; i < units.Length; i++)
        {
            Rank[i] = -1;
            if (units[i] == ViewPlan.Missing)
                continue;
            // Moved so that unsigned order is the order of buckets.
            _sorted[present] = (ulong)(QuantileBuckets.Of(units[i]) + (1L << 32));
            _rows[present++] = i;
        }

        End(present);
    }

    public int BucketOf(int rank) => (int)((long)Distinct[rank] - (1L << 32));

    private void Begin(int count)
    {
        if (Rank.Length >= count)
            return;
        var size = Math.Max(count, 2 * Rank.Length);
        Rank = new int[size];
        Distinct = new ulong[size];
        _rows = new int[size];
        _sorted = new ulong[size];
    }

    private void End(int present)
    {
        _sorted.AsSpan(0, present).Sort(_rows.AsSpan(0, present));
        Count = 0;
        for (var i = 0; i < present; i++)
        {
            if (i == 0 || _sorted[i] != _sorted[i - 1])
                Distinct[Count++] = _sorted[i];
            Rank[_rows[i]] = Count - 1;
        }
    }
}
