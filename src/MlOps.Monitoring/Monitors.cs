using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace MlOps.Monitoring;

internal sealed class Monitors : IMonitors, IAsyncDisposable
{
    private const int PageRows = 5_000;
    private readonly EnvironmentContext _context;
    private readonly MetadataArea _area;
    private readonly PredictionLog _log;
    private readonly ILogger _logger;

    public Monitors(EnvironmentContext context)
    {
        _context = context;
        _logger = context.LoggerFactory.CreateLogger("MlOps.Monitoring");
        _area = new MetadataArea(context.Metadata, MonitoringSchema.Schema);
        _log = new PredictionLog(_area, _logger);
    }

    public IPredictionSink Sink => _log;

    public long DroppedPredictions => _log.Dropped;

    public ValueTask FlushAsync(CancellationToken cancellationToken = default) => _log.FlushAsync(cancellationToken);

    public async ValueTask RecordOutcomesAsync(string endpoint, IReadOnlyCollection<PredictionOutcome> outcomes, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(endpoint);
        ArgumentNullException.ThrowIfNull(outcomes);
        foreach (var outcome in outcomes)
        {
            if (outcome.Prediction.IsEmpty)
                throw new InvalidInputException($"An outcome for endpoint '{endpoint}' names no prediction: pass the id that the answer carried.");
            if (!double.IsFinite(outcome.Value))
                throw new InvalidInputException($"The outcome of prediction '{outcome.Prediction}' is {outcome.Value}: a finite number is needed.");
        }

        await _area.WriteAsync(async (session, _) =>
        {
            foreach (var outcome in outcomes)
            {
                await session.ExecuteAsync(
                    """
                    INSERT INTO monitoring_outcomes (endpoint, prediction_id, value, time) VALUES (@endpoint, @id, @value, @time)
                    ON CONFLICT (endpoint, prediction_id) DO UPDATE SET value = excluded.value, time = excluded.time
                    WHERE excluded.time >= monitoring_outcomes.time
                    """,
                    ("@endpoint", endpoint), ("@id", outcome.Prediction.ToString()), ("@value", outcome.Value), ("@time", outcome.Time)).ConfigureAwait(false);
            }

            return 0;
        }, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask SetReferenceAsync(string endpoint, ModelVersionRef version, ReferenceProfile profile, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(endpoint);
        ArgumentNullException.ThrowIfNull(profile);
        var blob = await _context.Artifacts.PutBytesAsync(profile.ToJson(), ReferenceProfile.MediaType, cancellationToken).ConfigureAwait(false);
        await _area.WriteAsync(async (session, _) =>
        {
            var changed = await session.ExecuteAsync(
                """
                INSERT INTO monitoring_references (endpoint, model, version, digest, size) VALUES (@endpoint, @model, @version, @digest, @size)
                ON CONFLICT (endpoint, model, version) DO UPDATE SET digest = excluded.digest, size = excluded.size
                WHERE monitoring_references.digest <> excluded.digest
                """,
                ("@endpoint", endpoint), ("@model", version.Model), ("@version", version.Version), ("@digest", blob.Digest), ("@size", blob.Size)).ConfigureAwait(false);
            if (changed > 0)
                await _context.Audit.AppendAsync(session, new AuditEntry("monitoring.reference.set", $"{endpoint}/{version}", After: $"\"{blob.Digest}\"")).ConfigureAwait(false);
            return changed;
        }, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<ReferenceProfile?> GetReferenceAsync(string endpoint, ModelVersionRef version, CancellationToken cancellationToken = default)
    {
        var blob = await _area.ReadAsync((session, _) => session.FirstOrDefaultAsync(
            "SELECT digest, size FROM monitoring_references WHERE endpoint = @endpoint AND model = @model AND version = @version",
            reader => new ArtifactRef(reader.GetString(0), reader.GetInt64(1), ReferenceProfile.MediaType),
            ("@endpoint", endpoint), ("@model", version.Model), ("@version", version.Version)), cancellationToken).ConfigureAwait(false);
        return blob is null ? null : ReferenceProfile.FromJson(await _context.Artifacts.GetBytesAsync(blob, cancellationToken: cancellationToken).ConfigureAwait(false));
    }

    public async ValueTask<DriftReport> CheckDriftAsync(
        string endpoint, ModelVersionRef version, Timestamp from, Timestamp to, DriftRule? rule = null, CancellationToken cancellationToken = default)
    {
        rule ??= new DriftRule();
        CheckRule(rule);
        var reference = await GetReferenceAsync(endpoint, version, cancellationToken).ConfigureAwait(false)
            ?? throw new NotFoundException($"Version {version} has no reference for endpoint '{endpoint}': set one with SetReferenceAsync when the version is deployed.");
        var window = new DriftWindow(reference);
        await foreach (var prediction in ReadAsync(endpoint, from, to, cancellationToken).ConfigureAwait(false))
        {
            if (prediction.Version == version.ToString())
                window.Add(prediction.Features.Span, prediction.Score);
        }

        var columns = window.Compare(rule);
        var drifted = columns.Count(column => column.Drifted);
        var share = columns.Count == 0 ? 0 : (double)drifted / columns.Count;
        var alarm = drifted > 0 && share >= rule.ColumnShare;
        var report = new DriftReport(endpoint, version.ToString(), from, to, window.Rows, columns, share, alarm);
        await RecordAsync(report, cancellationToken).ConfigureAwait(false);
        if (alarm)
            MonitoringLog.Drifted(_logger, endpoint, drifted, columns.Count, window.Rows);
        return report;
    }

    public async ValueTask<QualityReport> CheckQualityAsync(string endpoint, Timestamp from, Timestamp to, CancellationToken cancellationToken = default)
    {
        var known = new Dictionary<(string Version, string Variant), List<(float, double)>>();
        var waiting = new Dictionary<(string Version, string Variant), int>();
        await foreach (var prediction in ReadAsync(endpoint, from, to, cancellationToken).ConfigureAwait(false))
        {
            var key = (prediction.Version, prediction.Variant);
            if (!known.TryGetValue(key, out var rows))
                known[key] = rows = [];
            if (prediction.Outcome is { } outcome && !float.IsNaN(prediction.Score))
                rows.Add((prediction.Score, outcome));
            else
                waiting[key] = waiting.GetValueOrDefault(key) + 1;
        }

        return new QualityReport(endpoint, from, to, [.. known
            .OrderBy(pair => ModelVersionRef.Parse(pair.Key.Version).Version).ThenBy(pair => pair.Key.Variant, StringComparer.Ordinal)
            .Select(pair => BinaryQuality.Measure(pair.Key.Version, pair.Key.Variant, pair.Value, waiting.GetValueOrDefault(pair.Key)))]);
    }

    public async IAsyncEnumerable<LoggedPrediction> ReadAsync(
        string endpoint, Timestamp from, Timestamp to, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await FlushAsync(cancellationToken).ConfigureAwait(false);
        var (time, id, version) = (from, "", 0);
        while (true)
        {
            var page = await _area.ReadAsync((session, _) => session.QueryAsync(
                """
                SELECT p.prediction_id, p.model, p.version, p.variant, p.assignment_key, p.time, p.score, p.features, o.value
                FROM monitoring_predictions p LEFT JOIN monitoring_outcomes o ON o.endpoint = p.endpoint AND o.prediction_id = p.prediction_id
                WHERE p.endpoint = @endpoint AND p.time >= @time AND p.time < @to AND (p.time > @time OR p.prediction_id > @id OR (p.prediction_id = @id AND p.version > @version))
                ORDER BY p.time, p.prediction_id, p.version LIMIT @limit
                """,
                reader => new LoggedPrediction(
                    PredictionId.Parse(reader.GetString(0)), new ModelVersionRef(reader.GetString(1), reader.GetInt32(2)).ToString(), reader.GetString(3), reader.GetString(4),
                    reader.GetTimestamp(5), PredictionLog.ScoreOf(reader.GetDouble(6)), MemoryMarshal.Cast<byte, float>(reader.GetFieldValue<byte[]>(7)).ToArray(),
                    reader.IsDBNull(8) ? null : reader.GetDouble(8)),
                ("@endpoint", endpoint), ("@time", time), ("@id", id), ("@version", version), ("@to", to), ("@limit", PageRows)), cancellationToken).ConfigureAwait(false);
            foreach (var prediction in page)
                yield return prediction;
            if (page.Count < PageRows)
                yield break;
            (time, id, version) = (page[^1].Time, page[^1].Id.ToString(), ModelVersionRef.Parse(page[^1].Version).Version);
        }
    }

    public async ValueTask<IReadOnlyList<DriftReport>> GetDriftReportsAsync(string endpoint, CancellationToken cancellationToken = default) =>
        await _area.ReadAsync((session, _) => session.QueryAsync(
            "SELECT report FROM monitoring_reports WHERE endpoint = @endpoint AND kind = 'drift' ORDER BY from_time, to_time",
            reader => JsonSerializer.Deserialize(reader.GetString(0), MonitoringJson.Default.DriftReport)!,
            ("@endpoint", endpoint)), cancellationToken).ConfigureAwait(false);

    public ValueTask DisposeAsync() => _log.DisposeAsync();

    private async ValueTask RecordAsync(DriftReport report, CancellationToken cancellationToken)
    {
        var json = JsonSerializer.Serialize(report, MonitoringJson.Default.DriftReport);
        await _area.WriteAsync(async (session, _) =>
        {
            await session.ExecuteAsync(
                """
                INSERT INTO monitoring_reports (endpoint, kind, from_time, to_time, alarm, report) VALUES (@endpoint, 'drift', @from, @to, @alarm, @report)
                ON CONFLICT (endpoint, kind, from_time, to_time) DO UPDATE SET alarm = excluded.alarm, report = excluded.report
                """,
                ("@endpoint", report.Endpoint), ("@from", report.From), ("@to", report.To), ("@alarm", report.Drifted), ("@report", json)).ConfigureAwait(false);
            if (report.Drifted)
            {
                await _context.Events.AppendAsync(
                    session, MonitoringEvents.DriftDetected, report.Endpoint, json,
                    $"drift/{report.Endpoint}/{report.Version}/{report.From.Microseconds}/{report.To.Microseconds}").ConfigureAwait(false);
            }

            return 0;
        }, cancellationToken).ConfigureAwait(false);
    }

    private static void CheckRule(DriftRule rule)
    {
        var mistakes = new List<string>();
        if (rule.Alpha is not (> 0 and < 1))
            mistakes.Add($"Alpha is {rule.Alpha}: use a value between 0 and 1");
        if (rule.MinimumIndex is not (>= 0 and < double.PositiveInfinity))
            mistakes.Add($"MinimumIndex is {rule.MinimumIndex}: use 0 or more");
        if (rule.ColumnShare is not (>= 0 and <= 1))
            mistakes.Add($"ColumnShare is {rule.ColumnShare}: use 0 to 1");
        if (rule.Bins is < 2 or > 64)
            mistakes.Add($"Bins is {rule.Bins}: use 2 to 64");
        if (mistakes.Count > 0)
            throw new InvalidDefinitionException($"The drift rule is wrong: {string.Join("; ", mistakes)}.");
    }
}
