using System.Runtime.InteropServices;

namespace MlOps.Features;

/// <summary>The offline store as the online store sees it.</summary>
internal sealed class OfflineHistory(OfflineSnapshot snapshot) : IEntityHistory
{
    private readonly EntityRows _rows = new(snapshot.Plan);
    private int _entity = -1;

    public ViewPlan Plan => snapshot.Plan;

    public long NewestCommit => snapshot.Segments.Length == 0 ? 0 : snapshot.Segments.Max(segment => segment.Commit);

    public int Entities => snapshot.Keys.Count;

    public string[] Key => snapshot.Keys.KeyOf(_entity);

    public int Count => _rows.Count;

    public ReadOnlySpan<long> Event => _rows.Event.AsSpan(0, Count);

    public ReadOnlySpan<long> Available => _rows.Available.AsSpan(0, Count);

    public ReadOnlySpan<long> Commit => _rows.Commit.AsSpan(0, Count);

    public long[][] Fixed => _rows.Fixed;

    public long[][] Hashed { get; } = snapshot.Plan.Hashed.Length == 0
        ? []
        : throw new InvalidOperationException($"View '{snapshot.Plan.View.Name}' counts distinct values, which segments do not hold.");

    public void ObserveAvailable(SettlingMark mark, long upTo, long clock)
    {
        foreach (var segment in snapshot.Segments)
        {
            foreach (var available in segment.Reader.Available)
            {
                if (available <= upTo)
                    mark.Observe(available, clock);
            }
        }
    }

    public bool Next(long from)
    {
        if (++_entity >= snapshot.Keys.Count)
            return false;
        _rows.Load(snapshot, _entity, from, long.MaxValue - 1);
        return true;
    }

    public void Restart() => _entity = -1;

    public void Pack(int row, OnlineLayout layout, Span<long> words, Span<string?> texts)
    {
        var halves = MemoryMarshal.Cast<long, float>(words);
        for (var c = 0; c < _rows.Plain.Length; c++)
            halves[layout.Plain[c].At] = _rows.Plain[c][row];
    }
}
