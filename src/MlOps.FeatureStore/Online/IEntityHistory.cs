namespace MlOps.Features;

/// <summary>What the online store needs of history: every entity's rows once, in any order of entities.</summary>
internal interface IEntityHistory
{
    ViewPlan Plan { get; }

    /// <summary>The newest commit in it.</summary>
    long NewestCommit { get; }

    /// <summary>How many entities there are, for progress.</summary>
    int Entities { get; }

    /// <summary>The key of the entity that <see cref="Next"/> came to.</summary>
    string[] Key { get; }

    /// <summary>How many of its rows are loaded, in (event time, availability, arrival) order.</summary>
    int Count { get; }

    ReadOnlySpan<long> Event { get; }

    ReadOnlySpan<long> Available { get; }

    ReadOnlySpan<long> Commit { get; }

    /// <summary>By column of <see cref="ViewPlan.Fixed"/>.</summary>
    long[][] Fixed { get; }

    /// <summary>By column of <see cref="ViewPlan.Hashed"/>.</summary>
    long[][] Hashed { get; }

    /// <summary>Shows a mark the availability of every row known up to a moment.</summary>
    void ObserveAvailable(SettlingMark mark, long upTo, long clock);

    /// <summary>Begins anew.</summary>
    void Restart();

    /// <summary>Goes to the next entity and loads its rows from an event time on; false at the end.</summary>
    bool Next(long from);

    /// <summary>Packs a loaded row's plain values as the layout wants them.</summary>
    void Pack(int row, OnlineLayout layout, Span<long> words, Span<string?> texts);
}
