using System.Threading.Channels;

namespace MlOps.Serving;

/// <summary>Gives copies of requests in tensors to a shadow version on a task of its own. What does not fit its queue is dropped.</summary>
internal sealed class TensorMirror
{
    private readonly string _endpoint;
    private readonly ServedVersion _version;
    private readonly EnvironmentContext _context;
    private readonly IPredictionSink[] _sinks;
    private readonly ServingMetrics _metrics;
    private readonly int _limit;
    private readonly Channel<Copy> _queue;
    private readonly Lock _gate = new();
    private Task? _running;

    public TensorMirror(string endpoint, ServedVersion version, EnvironmentContext context, IPredictionSink[] sinks, ServingMetrics metrics, int limit)
    {
        _endpoint = endpoint;
        _version = version;
        _context = context;
        _sinks = sinks;
        _metrics = metrics;
        _limit = limit;
        _queue = Channel.CreateBounded<Copy>(new BoundedChannelOptions(limit) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });
    }

    public void Mirror(IReadOnlyDictionary<string, ModelValue> inputs, PredictionId id, string? key)
    {
        // Before the copy is made: a shadow that lags is not to cost the request anything.
        if (_queue.Reader.Count >= _limit || !_queue.Writer.TryWrite(new Copy(inputs.ToDictionary(pair => pair.Key, pair => Clone(pair.Value), StringComparer.Ordinal), id, key)))
        {
            _metrics.ShadowDropped(_endpoint);
            return;
        }

        if (Volatile.Read(ref _running) is not null)
            return;
        lock (_gate)
            _running ??= Task.Run(RunAsync);
    }

    /// <summary>Answers what waits.</summary>
    public async Task CloseAsync()
    {
        _queue.Writer.TryComplete();
        Task? running;
        lock (_gate)
            running = _running;
        if (running is not null)
            await running.ConfigureAwait(false);
    }

    private static ModelValue Clone(ModelValue value)
    {
        switch (value)
        {
            case TensorValue<string> texts:
                return TensorValue.Create(texts.Data.ToArray().AsMemory(), texts.Shape);
            case TensorValue tensor:
                var copy = TensorValue.Zeros(tensor.Type, tensor.Shape);
                tensor.Bytes.CopyTo(copy.Bytes);
                return copy;
            case SequenceValue sequence:
                return new SequenceValue([.. sequence.Items.Select(Clone)]);
            case MapValue map:
                return new MapValue((TensorValue)Clone(map.Keys), (TensorValue)Clone(map.Values));
            default:
                return value;
        }
    }

    private async Task RunAsync()
    {
        await foreach (var copy in _queue.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            var answer = await _version.Tensors.RunAsync(copy.Inputs, null, 0, CancellationToken.None).ConfigureAwait(false);
            if (answer.Status != PredictionStatus.Ok)
                continue;
            var record = new PredictionRecord
            {
                Endpoint = _endpoint, Version = _version.Version, Variant = "shadow", Id = copy.Id, Key = copy.Key, IsShadow = true,
                Time = Timestamp.From(_context.Clock.GetUtcNow()), Features = default, Scores = default,
            };
            TensorRecords.Send(_sinks, _version, record, copy.Inputs, answer.Outputs!);
        }
    }

    private sealed record Copy(Dictionary<string, ModelValue> Inputs, PredictionId Id, string? Key);
}
