namespace MlOps.Features.Tests;

/// <summary>History in memory, as the offline store would show it: entities in order of first appearance, rows by (event time, availability, arrival).</summary>
internal sealed class ListHistory : IEntityHistory
{
    private readonly RowBatch _batch;
    private readonly long[] _commits;
    private readonly int[][] _rowsOf;
    private readonly RowPacker _packer;
    private readonly OnlineLayout _layout;
    private int _entity = -1;
    private int[] _rows = [];

    public ListHistory(FeatureView view, IReadOnlyList<RawRow> rows, IReadOnlyList<long> commits)
    {
        Plan = view.Plan;
        _layout = new OnlineLayout(Plan);
        _packer = new RowPacker(_layout);
        _batch = RowBatchReader.Read(Plan, RawRow.Frame(rows));
        _commits = [.. commits];
        _rowsOf = [.. Enumerable.Range(0, _batch.Keys[0].Length).Select(entity => Enumerable.Range(0, rows.Count).Where(row => _batch.Entity[row] == entity)
            .OrderBy(row => _batch.Event[row]).ThenBy(row => _batch.Available[row]).ToArray())];
    }

    public ViewPlan Plan { get; }

    public long NewestCommit => _commits.Length == 0 ? 0 : _commits.Max();

    public int Entities => _rowsOf.Length;

    public string[] Key => [.. _batch.Keys.Select(part => part[_entity])];

    public int Count => _rows.Length;

    public ReadOnlySpan<long> Event => Of(_batch.Event);

    public ReadOnlySpan<long> Available => Of(_batch.Available);

    public ReadOnlySpan<long> Commit => Of(_commits);

    public long[][] Fixed { get; private set; } = [];

    public long[][] Hashed { get; private set; } = [];

    public void ObserveAvailable(SettlingMark mark, long upTo, long clock)
    {
        foreach (var available in _batch.Available.Where(available => available <= upTo))
            mark.Observe(available, clock);
    }

    public void Restart() => _entity = -1;

    public bool Next(long from)
    {
        if (++_entity >= Entities)
            return false;
        _rows = [.. _rowsOf[_entity].Where(row => _batch.Event[row] >= from)];
        Fixed = [.. _batch.Fixed.Select(Of)];
        Hashed = [.. _batch.Hashed.Select(Of)];
        return true;
    }

    public void Pack(int row, OnlineLayout layout, Span<long> words, Span<string?> texts)
    {
        _packer.Pack(_batch.Plain, _rows[row], 1);
        _packer.Words.AsSpan(0, _layout.RowWords).CopyTo(words);
        _packer.Texts.AsSpan(0, _layout.Texts).CopyTo(texts);
    }

    private long[] Of(long[] column) => [.. _rows.Select(row => column[row])];
}
