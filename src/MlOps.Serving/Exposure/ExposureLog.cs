using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace MlOps.Serving;

/// <summary>Writes exposures in batches on a task of its own.</summary>
internal sealed partial class ExposureLog : IAsyncDisposable
{
    private const int LargestBatch = 1_000;

    private readonly EnvironmentContext _context;
    private readonly ExposureStore _store;
    private readonly IExposureSink[] _sinks;
    private readonly TrafficMetrics _metrics;
    private readonly ILogger _logger;
    private readonly Channel<object> _queue;
    private readonly SemaphoreSlim _hurry = new(0);
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stop = new();
    private Task? _running;

    public ExposureLog(EnvironmentContext context, ExposureOptions options, IEnumerable<IExposureSink> sinks, TrafficMetrics metrics)
    {
        options.Validate();
        _context = context;
        Options = options;
        _store = new ExposureStore(context);
        _sinks = [.. sinks];
        _metrics = metrics;
        _logger = context.LoggerFactory.CreateLogger<ExposureLog>();
        _queue = Channel.CreateBounded<object>(new BoundedChannelOptions(options.QueueLimit) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });
    }

    public ExposureOptions Options { get; }

    public ExposureStore Store => _store;

    public bool Add(string endpoint, string key, string variant, ModelVersionRef version, long revision)
    {
        Start();
        if (_queue.Writer.TryWrite(new ExposureRecord(endpoint, key, variant, version, revision, Timestamp.From(_context.Clock.GetUtcNow()))))
            return true;
        _metrics.Exposures("dropped", 1);
        return false;
    }

    /// <summary>Waits until what was added before is written.</summary>
    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _running) is null)
            return;
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            await _queue.Writer.WriteAsync(done, cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            return;
        }

        _hurry.Release();
        await done.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _stop.CancelAsync().ConfigureAwait(false);
        if (Volatile.Read(ref _running) is { } running)
            await running.ConfigureAwait(false);
        _stop.Dispose();
        _hurry.Dispose();
    }

    private void Start()
    {
        if (Volatile.Read(ref _running) is not null)
            return;
        lock (_gate)
            _running ??= Task.Run(RunAsync);
    }

    private async Task RunAsync()
    {
        using var authority = _context.Caller.ActForProcess();
        var batch = new List<ExposureRecord>();
        while (await _queue.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            if (Options.Gathering > TimeSpan.Zero && _queue.Reader.TryPeek(out var first) && first is ExposureRecord)
                await GatherAsync().ConfigureAwait(false);
            while (_queue.Reader.TryRead(out var item))
            {
                if (item is ExposureRecord exposure)
                    batch.Add(exposure);
                if (batch.Count > 0 && (item is TaskCompletionSource || batch.Count == LargestBatch || !_queue.Reader.TryPeek(out _)))
                {
                    await WriteAsync(batch).ConfigureAwait(false);
                    batch.Clear();
                }

                (item as TaskCompletionSource)?.TrySetResult();
            }
        }
    }

    private async Task GatherAsync()
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        await Task.WhenAny(Task.Delay(Options.Gathering, _context.Clock, either.Token), _hurry.WaitAsync(either.Token)).ConfigureAwait(false);
        await either.CancelAsync().ConfigureAwait(false);
    }

    private async Task WriteAsync(List<ExposureRecord> batch)
    {
        try
        {
            await _store.WriteAsync(batch, CancellationToken.None).ConfigureAwait(false);
            _metrics.Exposures("written", batch.Count);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            _metrics.Exposures("dropped", batch.Count);
            LogDropped(_logger, batch.Count, error);
        }

        foreach (var sink in _sinks)
        {
            try
            {
                await sink.WriteAsync([.. batch], _stop.Token).ConfigureAwait(false);
            }
            catch (Exception error) when (error is not OutOfMemoryException)
            {
                LogSinkFailed(_logger, sink.GetType().Name, batch.Count, error);
            }
        }
    }

    [LoggerMessage(4182, LogLevel.Error, "{Count} exposures could not be written and are lost")]
    private static partial void LogDropped(ILogger logger, int count, Exception exception);

    [LoggerMessage(4183, LogLevel.Warning, "Exposure sink {Sink} did not take {Count} exposures")]
    private static partial void LogSinkFailed(ILogger logger, string sink, int count, Exception exception);
}
