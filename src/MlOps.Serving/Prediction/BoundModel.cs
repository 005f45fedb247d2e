using System.Threading.Tasks.Sources;

namespace MlOps.Serving;

/// <summary>A binding whose sources were found: the layout of the input row, and rows to reuse.</summary>
internal sealed class BoundModel<TIn, TOut>(BoundSegment<TIn>[] segments, string[] features, int keys, int requests, ScoreDecoder<TOut> decode)
{
    private readonly CallPool<Row> _rows = new();

    public BoundSegment<TIn>[] Segments { get; } = segments;

    public string[] Features { get; } = features;

    public Row Rent(int outputs)
    {
        var row = _rows.Rent() ?? new Row(this, Features.Length, keys, requests);
        if (row.Scores.Length < outputs)
            row.Scores = new float[outputs];
        return row;
    }

    public void Return(Row row) => _rows.Return(row);

    public Prediction<TOut> Decode(Row row, in PredictionResult result)
    {
        try
        {
            result.ThrowIfNotOk();
            return new Prediction<TOut>(decode(row.Scores.AsSpan(0, result.Outputs)), result.Version, result.Variant, result.Id);
        }
        finally
        {
            Return(row);
        }
    }

    /// <summary>The memory of one prediction. While its row waits for a batch it is the value-task source, too, and passes on to the row's request.</summary>
    internal sealed class Row(BoundModel<TIn, TOut> owner, int features, int keys, int requests) : IValueTaskSource<Prediction<TOut>>
    {
        private BatchRequest? _waiting;

        public float[] Features { get; } = new float[features];

        public string[] Keys { get; } = new string[keys];

        public FeatureValue[] Requests { get; } = new FeatureValue[requests];

        public float[] Scores { get; set; } = [];

        public ValueTask<Prediction<TOut>> Await(BatchRequest waiting)
        {
            _waiting = waiting;
            return new(this, waiting.Version);
        }

        public ValueTaskSourceStatus GetStatus(short token) => Waiting.GetStatus(token);

        public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            Waiting.OnCompleted(continuation, state, token, flags);

        // A row whose request was cancelled is not reused: nothing proves that nobody reads it still.
        public Prediction<TOut> GetResult(short token)
        {
            var result = Waiting.GetPrediction(token);
            _waiting = null;
            return owner.Decode(this, result);
        }

        private BatchRequest Waiting => _waiting ?? throw new InvalidOperationException("A prediction's task may be awaited once, and not after that.");
    }
}
