using System.Security.Cryptography;
using System.Text;

namespace MlOps.Serving;

/// <summary>The traffic of the endpoints of one environment: every change a row, an audit record and an event in one transaction.</summary>
internal sealed class TrafficStore(EnvironmentContext context)
{
    public const string ChangedEvent = "serving.traffic.changed";

    private readonly MetadataArea _area = new(context.Metadata, ServingSchema.Schema);

    public ValueTask<TrafficRow?> FindAsync(string endpoint, CancellationToken cancellationToken) =>
        _area.ReadAsync((session, _) => CurrentAsync(session, endpoint), cancellationToken);

    public ValueTask<TrafficRow?> FindAsync(string endpoint, long revision, CancellationToken cancellationToken) =>
        _area.ReadAsync(
            (session, _) => session.FirstOrDefaultAsync(
                "SELECT revision, document, reason, changed_by, changed_at FROM serving_traffic WHERE endpoint = @endpoint AND revision = @revision",
                reader => Map(endpoint, reader), ("endpoint", endpoint), ("revision", revision)),
            cancellationToken);

    /// <summary>The newest revision of every endpoint, and a number that grows with every change of any.</summary>
    public ValueTask<(long Mark, List<(string Endpoint, long Revision)> Newest)> ListAsync(CancellationToken cancellationToken) =>
        _area.ReadAsync(
            async (session, _) =>
            {
                var mark = await session.ScalarAsync("SELECT MAX(id) FROM serving_traffic").ConfigureAwait(false) ?? 0;
                var newest = await session.QueryAsync(
                    "SELECT endpoint, MAX(revision) FROM serving_traffic GROUP BY endpoint ORDER BY endpoint",
                    reader => (reader.GetString(0), reader.GetInt64(1))).ConfigureAwait(false);
                return (mark, newest);
            },
            cancellationToken);

    public ValueTask<long> MarkAsync(CancellationToken cancellationToken) =>
        _area.ReadAsync(
            async (session, _) => await session.ScalarAsync("SELECT MAX(id) FROM serving_traffic").ConfigureAwait(false) ?? 0, cancellationToken);

    public ValueTask<List<TrafficRow>> HistoryAsync(string endpoint, CancellationToken cancellationToken) =>
        _area.ReadAsync(
            (session, _) => session.QueryAsync(
                "SELECT revision, document, reason, changed_by, changed_at FROM serving_traffic WHERE endpoint = @endpoint ORDER BY revision",
                reader => Map(endpoint, reader), ("endpoint", endpoint)),
            cancellationToken);

    /// <summary>The version with the largest share at the newest revision before this one whose heaviest version serves no more; null where there is none.</summary>
    public ValueTask<ModelVersionRef?> PreviousAsync(string endpoint, long revision, CancellationToken cancellationToken) =>
        _area.ReadAsync(
            async (session, _) =>
            {
                var documents = await session.QueryAsync(
                    "SELECT document FROM serving_traffic WHERE endpoint = @endpoint AND revision <= @revision ORDER BY revision DESC LIMIT 100",
                    reader => TrafficDocument.Parse(reader.GetString(0)), ("endpoint", endpoint), ("revision", revision)).ConfigureAwait(false);
                var present = documents.Count == 0 ? [] : documents[0].Shares.Select(share => share.Version).ToHashSet(StringComparer.Ordinal);
                var before = documents.Skip(1).SelectMany(document => document.Shares.OrderByDescending(share => share.Weight).Take(1)).FirstOrDefault(share => !present.Contains(share.Version));
                return before is null ? (ModelVersionRef?)null : ModelVersionRef.Parse(before.Version);
            },
            cancellationToken);

    /// <summary>Writes the next revision, made from the current document; unchanged documents write nothing.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="next">Makes the next document.</param>
    /// <param name="reason">Why.</param>
    /// <param name="expected">The revision that must be current, or null.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The current row afterwards.</returns>
    public ValueTask<TrafficRow> ChangeAsync(
        string endpoint, Func<TrafficDocument, TrafficDocument> next, string reason, long? expected, CancellationToken cancellationToken) =>
        _area.WriteAsync(
            async (session, _) =>
            {
                var current = await CurrentAsync(session, endpoint).ConfigureAwait(false);
                if (expected is { } revision && revision != (current?.Revision ?? 0))
                    throw new ConcurrencyConflictException($"The traffic of endpoint '{endpoint}' is at revision {current?.Revision ?? 0}, not {revision}: read it again.");
                var before = current?.Document.ToJson();
                var document = next(current?.Document ?? new TrafficDocument { Salt = SaltOf(endpoint), Shares = [] });
                var after = document.ToJson();
                if (after == before)
                    return current!;
                var row = new TrafficRow(endpoint, (current?.Revision ?? 0) + 1, document, reason, context.Caller.Name, Timestamp.From(context.Clock.GetUtcNow()));
                await session.ExecuteAsync(
                    "INSERT INTO serving_traffic (endpoint, revision, document, reason, changed_by, changed_at) VALUES (@endpoint, @revision, @document, @reason, @by, @at)",
                    ("endpoint", endpoint), ("revision", row.Revision), ("document", after), ("reason", reason), ("by", row.ChangedBy), ("at", row.ChangedAt))
                    .ConfigureAwait(false);
                await context.Audit.AppendAsync(session, new AuditEntry(ChangedEvent, endpoint, reason, before, after)).ConfigureAwait(false);
                await context.Events.AppendAsync(session, ChangedEvent, endpoint, after).ConfigureAwait(false);
                return row;
            },
            cancellationToken);

    // Deterministic, so that a rebuilt environment assigns its users as before; different per endpoint, so that the same users are not in every trial.
    private string SaltOf(string endpoint) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{context.Name}/{endpoint}")).AsSpan(0, 16));

    private static ValueTask<TrafficRow?> CurrentAsync(IMetadataSession session, string endpoint) =>
        session.FirstOrDefaultAsync(
            "SELECT revision, document, reason, changed_by, changed_at FROM serving_traffic WHERE endpoint = @endpoint ORDER BY revision DESC LIMIT 1",
            reader => Map(endpoint, reader), ("endpoint", endpoint));

    private static TrafficRow Map(string endpoint, System.Data.Common.DbDataReader reader) =>
        new(endpoint, reader.GetInt64(0), TrafficDocument.Parse(reader.GetString(1)), reader.GetString(2), reader.GetString(3), reader.GetTimestamp(4));
}

/// <summary>One revision of an endpoint's traffic.</summary>
internal sealed record TrafficRow(string Endpoint, long Revision, TrafficDocument Document, string Reason, string ChangedBy, Timestamp ChangedAt);
