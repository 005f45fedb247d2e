using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace MlOps.Features;

internal sealed partial class SkewAudit
{
    /// <inheritdoc />
    public async Task RunAsync(CancellationToken cancellationToken = default)
    {
        _store.Context.Access.Require(EnvironmentPermission.ManageFeatures, "the audit of served vectors");
        if (_options.Interval is not { } interval)
            return;
        var clock = _store.Context.Clock;
        while (true)
        {
            await Task.Delay(interval, clock, cancellationToken).ConfigureAwait(false);
            var now = Timestamp.From(clock.GetUtcNow());
            foreach (var service in _store.Services)
            {
                try
                {
                    await AuditAndTellAsync(service.Name, now, cancellationToken).ConfigureAwait(false);
                }
                catch (MlOpsException error)
                {
                    // The other services shall be audited nevertheless.
                    LogAuditFailed(_logger, service.Name, error);
                }
            }
        }
    }

    private async ValueTask AuditAndTellAsync(string service, Timestamp now, CancellationToken cancellationToken)
    {
        var report = await AuditAsync(service, now - _options.Window, new Timestamp(now.Microseconds + 1), null, cancellationToken).ConfigureAwait(false);
        if (report.Verdict != SkewVerdict.Skewed || report.Rate <= _options.MismatchThreshold)
            return;
        var newest = report.Features.Where(feature => feature.Different > 0).Max(feature => feature.NewestDifference!.Value);
        var told = await _store.Context.Events.AppendAsync(
            FeatureEvents.SkewDetected, service, ToJson(report), $"{FeatureEvents.SkewDetected}/{report.Service}/{newest.Microseconds}", cancellationToken).ConfigureAwait(false);
        LogSkew(_logger, report.Service, report.Different, report.Values, told.Sequence);
    }

    private static string ToJson(SkewAuditReport report)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteString("service", report.Service);
            json.WriteString("from", report.From.ToString());
            json.WriteString("to", report.To.ToString());
            json.WriteNumber("vectors", report.Vectors);
            json.WriteNumber("values", report.Values);
            json.WriteNumber("different", report.Different);
            json.WriteNumber("rate", report.Rate);
            json.WriteNumber("pending", report.Pending);
            json.WriteNumber("coarse", report.Coarse);
            json.WriteStartArray("features");
            foreach (var feature in report.Features.Where(feature => feature.Different > 0))
            {
                json.WriteStartObject();
                json.WriteString("feature", feature.Feature);
                json.WriteNumber("compared", feature.Compared);
                json.WriteNumber("different", feature.Different);
                json.WriteNumber("smape", feature.Smape);
                json.WriteString("cause", feature.Finding?.Cause.ToString());
                json.WriteString("evidence", feature.Finding?.Evidence);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    [LoggerMessage(EventId = 3051, Level = LogLevel.Warning, Message = "Service {Service} is skewed: {Different} of {Values} served values differ from history (event {Event})")]
    private static partial void LogSkew(ILogger logger, string service, long different, long values, long @event);

    [LoggerMessage(EventId = 3052, Level = LogLevel.Warning, Message = "The skew audit of service {Service} failed; it is tried again")]
    private static partial void LogAuditFailed(ILogger logger, string service, Exception error);
}
