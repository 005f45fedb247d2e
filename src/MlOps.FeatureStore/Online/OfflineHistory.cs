using System.Runtime.InteropServices;

namespace MlOps.Features;

/// <summary>The offline store as the online store sees it.</summary>
internal sealed class OfflineHistory(OfflineSnapshot snapshot) : IEntityHistory
{
    private readonly EntityRows _rows = new(snapshot.Plan);
    private EntityCursor _entities = snapshot.Entities();

    public ViewPlan Plan => snapshot.Plan;

    public long NewestCommit => snapshot.Segments.Length == 0 ? 0 : snapshot.Segments.Max(segment => segment.Commit);

    /// <summary>Those of the largest segment: an entity may be in several, so that more cannot be told without reading the keys.</summary>
    public int Entities { get; } = snapshot.Segments.Length == 0 ? 0 : snapshot.Segments.Max(segment => segment.Reader.Entities);

    public string[] Key => _entities.KeyParts();

    public int Count => _rows.Count;

    public ReadOnlySpan<long> Event => _rows.Event.AsSpan(0, Count);

    public ReadOnlySpan<long> Available => _rows.Available.AsSpan(0, Count);

    public ReadOnlySpan<long> Commit => _rows.Commit.AsSpan(0, Count);

    public long[][] Fixed => _rows.Fixed;

    public long[][] Hashed => _rows.Hashed;

    public void ObserveAvailable(SettlingMark mark, long upTo, long clock) => snapshot.ForEachAvailable(piece =>
    {
        foreach (var available in piece)
        {
            if (available <= upTo)
                mark.Observe(available, clock);
        }
    });

    public bool Next(long from)
    {
        if (!_entities.MoveNext())
            return false;
        _rows.Load(snapshot, _entities.Locals, from, long.MaxValue - 1);
        return true;
    }

    public void Restart() => _entities = snapshot.Entities();

    public void Pack(int row, OnlineLayout layout, Span<long> words, Span<string?> texts)
    {
        words.Clear();
        texts.Clear();
        var halves = MemoryMarshal.Cast<long, float>(words);
        for (var c = 0; c < layout.Plain.Length; c++)
        {
            var place = layout.Plain[c];
            var value = _rows.Plain(c, row);
            switch (value.Type)
            {
                case DataType.Float32:
                    halves[place.At] = value.ToSingle();
                    break;
                case DataType.Float64:
                    words[place.At] = BitConverter.DoubleToInt64Bits(value.ToDouble());
                    break;
                case DataType.String:
                    texts[place.At] = value.ToText();
                    break;
                default:
                    if (!value.HasValue)
                        break;
                    words[place.At] = value.ToInt64();
                    words[2 + (place.Bit >> 6)] |= 1L << (place.Bit & 63);
                    break;
            }
        }
    }
}
