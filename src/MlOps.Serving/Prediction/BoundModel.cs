using System.Collections.Concurrent;

namespace MlOps.Serving;

/// <summary>A binding whose sources were found: the layout of the input row, and rows to reuse.</summary>
internal sealed class BoundModel<TIn>(BoundSegment<TIn>[] segments, string[] features, int keys, int requests)
{
    private readonly ConcurrentQueue<Row> _rows = new();
    private Row? _spare;

    public BoundSegment<TIn>[] Segments { get; } = segments;

    public string[] Features { get; } = features;

    public Row Rent(int outputs)
    {
        var row = Interlocked.Exchange(ref _spare, null);
        if (row is null && !_rows.TryDequeue(out row))
            row = new Row(Features.Length, keys, requests);
        if (row.Scores.Length < outputs)
            row.Scores = new float[outputs];
        return row;
    }

    public void Return(Row row)
    {
        if (Interlocked.CompareExchange(ref _spare, row, null) is not null)
            _rows.Enqueue(row);
    }

    internal sealed class Row(int features, int keys, int requests)
    {
        public float[] Features { get; } = new float[features];

        public string[] Keys { get; } = new string[keys];

        public FeatureValue[] Requests { get; } = new FeatureValue[requests];

        public float[] Scores { get; set; } = [];
    }
}
