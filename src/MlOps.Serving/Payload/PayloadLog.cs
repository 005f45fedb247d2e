using System.Collections.Frozen;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace MlOps.Serving;

/// <summary>Copies sampled answers into a bounded queue and delivers them on a task of its own.</summary>
internal sealed partial class PayloadLog : IPredictionSink, IAsyncDisposable
{
    private const int LargestBatch = 256;
    private const ulong Spread = 0x9E3779B97F4A7C15UL;

    private readonly IPayloadSink[] _sinks;
    private readonly FrozenSet<string> _redacted;
    private readonly PayloadLogOptions _options;
    private readonly TrafficMetrics _metrics;
    private readonly ILogger _logger;
    private readonly Channel<PredictionRecord> _queue;
    private readonly CancellationTokenSource _stop = new();
    private readonly ulong _below;
    private readonly Task _running;

    public PayloadLog(EnvironmentContext context, PayloadLogOptions options, IPayloadSink[] sinks, TrafficMetrics metrics)
    {
        _options = options;
        _sinks = sinks;
        _metrics = metrics;
        _redacted = options.Redacted.ToFrozenSet(StringComparer.Ordinal);
        _logger = context.LoggerFactory.CreateLogger<PayloadLog>();
        _below = options.Share >= 1 ? ulong.MaxValue : (ulong)(options.Share * ulong.MaxValue);
        _queue = Channel.CreateBounded<PredictionRecord>(new BoundedChannelOptions(options.QueueLimit) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });
        _running = Task.Run(RunAsync);
    }

    public void Record(in PredictionRecord record)
    {
        // Identities count up: a multiplication spreads neighbours over the whole range.
        if (((record.Id.Low ^ record.Id.High) * Spread) > _below)
            return;
        if (_queue.Reader.Count >= _options.QueueLimit)
        {
            _metrics.Payloads("dropped", 1);
            return;
        }

        var features = record.Features.ToArray();
        for (var i = 0; _redacted.Count > 0 && i < Math.Min(features.Length, record.FeatureNames?.Count ?? 0); i++)
        {
            if (_redacted.Contains(record.FeatureNames![i]))
                features[i] = float.NaN;
        }

        if (!_queue.Writer.TryWrite(record with { Features = features, Scores = record.Scores.ToArray(), Key = _options.RedactsKeys ? null : record.Key }))
            _metrics.Payloads("dropped", 1);
    }

    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        var batch = new List<PredictionRecord>();
        while (await _queue.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            while (batch.Count < LargestBatch && _queue.Reader.TryRead(out var record))
                batch.Add(record);
            foreach (var sink in _sinks)
            {
                try
                {
                    await sink.WriteAsync([.. batch], _stop.Token).ConfigureAwait(false);
                    _metrics.Payloads("delivered", batch.Count);
                }
                catch (Exception error) when (error is not OutOfMemoryException)
                {
                    _metrics.Payloads("dropped", batch.Count);
                    LogSinkFailed(_logger, sink.GetType().Name, batch.Count, error);
                }
            }

            batch.Clear();
        }
    }

    [LoggerMessage(4188, LogLevel.Warning, "Payload sink {Sink} did not take {Count} records")]
    private static partial void LogSinkFailed(ILogger logger, string sink, int count, Exception exception);
}
