using Microsoft.Extensions.Logging;

namespace MlOps.Serving;

/// <summary>The background work of traffic policies, once per poll.</summary>
internal sealed partial class EndpointSet
{
    private readonly SemaphoreSlim _tending = new(1, 1);
    private readonly EndpointServices _more;
    private readonly ExposureLog? _exposures;
    private readonly PayloadLog? _payloads;

    private ExposureLog? OpenExposures() =>
        _options.Policies.Exposure.Share > 0 ? new ExposureLog(_context, _options.Policies.Exposure, _more.ExposureSinks, _metrics.Traffic) : null;

    private PayloadLog? OpenPayloads()
    {
        _options.Policies.PayloadLog.Validate();
        return _options.Policies.PayloadLog.Share > 0 && _more.PayloadSinks.Length > 0
            ? new PayloadLog(_context, _options.Policies.PayloadLog, _more.PayloadSinks, _metrics.Traffic)
            : null;
    }

    private async ValueTask CloseLogsAsync()
    {
        if (_exposures is not null)
            await _exposures.DisposeAsync().ConfigureAwait(false);
        if (_payloads is not null)
            await _payloads.DisposeAsync().ConfigureAwait(false);
    }

    private async ValueTask TendAsync(CancellationToken cancellationToken)
    {
        await _tending.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            Endpoint[] endpoints;
            lock (_gate)
                endpoints = [.. _endpoints.Values];
            foreach (var endpoint in endpoints)
            {
                try
                {
                    await endpoint.TendAsync(cancellationToken).ConfigureAwait(false);
                }
                catch (Exception error) when (error is not (OperationCanceledException or OutOfMemoryException))
                {
                    if (!_disposed)
                        LogTendingFailed(_logger, endpoint.Name, error);
                }
            }
        }
        finally
        {
            _tending.Release();
        }
    }

    private async Task PollTrialsAsync()
    {
        if (_disposed || _tending.CurrentCount == 0)
            return;
        try
        {
            await TendAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (ObjectDisposedException)
        {
            // Closed meanwhile.
        }
    }

    [LoggerMessage(4186, LogLevel.Warning, "The traffic policy of endpoint '{Endpoint}' could not be tended")]
    private static partial void LogTendingFailed(ILogger logger, string endpoint, Exception exception);
}
