using System.Runtime.InteropServices;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace MlOps.Monitoring;

/// <summary>
/// Writes predictions off the request path: the sink copies into a bounded channel, one writer drains it in group commits. A full
/// channel drops and counts; it never makes a request wait. Identities are unique, so a replay writes nothing twice.
/// </summary>
internal sealed class PredictionLog : IPredictionSink, IAsyncDisposable
{
    private const int Capacity = 65_536;
    private const int BatchRows = 2_000;

    // Databases keep no NaN. Scores are floats, so that no score has this value.
    private const double NoScore = double.MaxValue;

    private readonly MetadataArea _area;
    private readonly ILogger _logger;
    private readonly Channel<Entry> _channel = Channel.CreateBounded<Entry>(new BoundedChannelOptions(Capacity) { SingleReader = true });
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _writer;
    private long _dropped;

    public PredictionLog(MetadataArea area, ILogger logger)
    {
        _area = area;
        _logger = logger;
        _writer = Task.Run(() => WriteAsync(_stop.Token));
    }

    public long Dropped => Interlocked.Read(ref _dropped);

    public void Record(in PredictionRecord prediction)
    {
        var entry = new Entry(
            prediction.Endpoint, prediction.Id, prediction.Version, prediction.Variant, prediction.Key ?? "", prediction.Time,
            prediction.Score, prediction.Features.ToArray(), null);
        if (!_channel.Writer.TryWrite(entry) && Interlocked.Increment(ref _dropped) == 1)
            MonitoringLog.Dropping(_logger, prediction.Endpoint, Capacity);
    }

    /// <summary>Waits until everything recorded before is durable.</summary>
    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        var flushed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await _channel.Writer.WriteAsync(new Entry("", default, default, "", "", default, 0, [], flushed), cancellationToken).ConfigureAwait(false);
        await flushed.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        // The container disposes it as the monitors' part and as the sink.
        if (!_channel.Writer.TryComplete())
            return;
        try
        {
            await _writer.ConfigureAwait(false);
        }
        finally
        {
            await _stop.CancelAsync().ConfigureAwait(false);
            _stop.Dispose();
        }
    }

    private async Task WriteAsync(CancellationToken cancellationToken)
    {
        var batch = new List<Entry>(BatchRows);
        while (await _channel.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
        {
            batch.Clear();
            while (batch.Count < BatchRows && _channel.Reader.TryRead(out var entry))
                batch.Add(entry);
            Exception? failure = null;
            try
            {
                await _area.WriteAsync((session, _) => InsertAsync(session, batch), cancellationToken).ConfigureAwait(false);
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                // Nothing that a prediction holds may end the log of those after it.
                failure = error;
                Interlocked.Add(ref _dropped, batch.Count(entry => entry.Flushed is null));
                MonitoringLog.WriteFailed(_logger, batch.Count, error);
            }

            foreach (var entry in batch)
            {
                if (failure is null)
                    entry.Flushed?.TrySetResult();
                else
                    entry.Flushed?.TrySetException(failure);
            }
        }
    }

    /// <summary>A score as it was recorded.</summary>
    public static float ScoreOf(double stored) => stored == NoScore ? float.NaN : (float)stored;

    private static async ValueTask<int> InsertAsync(IMetadataSession session, List<Entry> batch)
    {
        var written = 0;
        foreach (var entry in batch)
        {
            if (entry.Flushed is not null)
                continue;
            written += await session.ExecuteAsync(
                """
                INSERT INTO monitoring_predictions (endpoint, prediction_id, model, version, variant, assignment_key, time, score, features)
                VALUES (@endpoint, @id, @model, @version, @variant, @key, @time, @score, @features)
                ON CONFLICT (endpoint, prediction_id, model, version) DO NOTHING
                """,
                ("@endpoint", entry.Endpoint), ("@id", entry.Id.ToString()), ("@model", entry.Version.Model), ("@version", entry.Version.Version), ("@variant", entry.Variant),
                ("@key", entry.Key), ("@time", entry.Time), ("@score", float.IsNaN(entry.Score) ? NoScore : entry.Score),
                ("@features", MemoryMarshal.AsBytes(entry.Features.AsSpan()).ToArray())).ConfigureAwait(false);
        }

        return written;
    }

    private sealed record Entry(
        string Endpoint, PredictionId Id, ModelVersionRef Version, string Variant, string Key, Timestamp Time, float Score, float[] Features, TaskCompletionSource? Flushed);
}
