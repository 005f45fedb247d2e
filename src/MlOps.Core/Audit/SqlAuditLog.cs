using System.Data.Common;

namespace MlOps.Audit;

/// <summary>The audit trail as rows of the metadata store, each chained to the one before by its hash, with a Merkle tree over them.</summary>
internal sealed partial class SqlAuditLog(IMetadataStore store, ICallerAccessor caller, TimeProvider clock, IAccessControl access) : IAuditLog
{
    /// <summary>The tables; opened stores bring them up to date before anything else.</summary>
    public static readonly MetadataSchema Schema = new("audit",
    [
        """
        CREATE TABLE audit_record (
            sequence BIGINT PRIMARY KEY,
            time BIGINT NOT NULL,
            actor TEXT NOT NULL,
            operation TEXT NOT NULL,
            subject TEXT NOT NULL,
            reason TEXT NOT NULL,
            before_state TEXT,
            after_state TEXT,
            hash TEXT NOT NULL);
        """,
        """
        CREATE TABLE audit_tile (
            level BIGINT NOT NULL,
            tile BIGINT NOT NULL,
            root {blob} NOT NULL,
            hashes {blob} NOT NULL,
            PRIMARY KEY (level, tile));
        CREATE TABLE audit_checkpoint (
            size BIGINT NOT NULL,
            note TEXT NOT NULL,
            time BIGINT NOT NULL,
            PRIMARY KEY (size, note));
        """,
    ]);

    private const string Columns = "sequence, time, actor, operation, subject, reason, before_state, after_state, hash";
    private const int PageRows = 1000;
    private const int TilesPerAppend = 16;
    private readonly MetadataArea _area = new(store, Schema);

    // Where this process last saw the end. An append says where it stands, so that a stale one inserts nothing.
    private volatile Head? _head;

    private sealed record Head(long Sequence, string Hash);

    public async ValueTask AppendAsync(IMetadataSession session, AuditEntry entry)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(entry);
        ArgumentException.ThrowIfNullOrWhiteSpace(entry.Operation);
        ArgumentNullException.ThrowIfNull(entry.Subject);
        ArgumentNullException.ThrowIfNull(entry.Reason);
        var time = Timestamp.From(clock.GetUtcNow());
        var actor = caller.Name;
        var head = _head is { } known ? await InsertAsync(session, known, time, actor, entry).ConfigureAwait(false) : null;
        if (head is null)
        {
            var last = await session.FirstOrDefaultAsync(
                "SELECT sequence, hash FROM audit_record ORDER BY sequence DESC LIMIT 1", row => new Head(row.GetInt64(0), row.GetString(1))).ConfigureAwait(false);
            head = await InsertAsync(session, last ?? new Head(0, ""), time, actor, entry).ConfigureAwait(false)
                ?? throw new CorruptDataException($"The audit trail of '{store.EnvironmentName}' ends at {last?.Sequence ?? 0} and takes no record after it. Verify it with VerifyAsync.");
        }

        if (head.Sequence % AuditTree.TileWidth == 0)
            await new AuditTree(session, head.Sequence).StoreTilesAsync(TilesPerAppend).ConfigureAwait(false);
        _head = head;
    }

    public async ValueTask<IReadOnlyList<AuditRecord>> ReadAsync(long afterSequence = 0, int limit = 1000, CancellationToken cancellationToken = default)
    {
        RequireReading();
        ArgumentOutOfRangeException.ThrowIfNegative(limit);
        return await PageAsync(afterSequence, limit, cancellationToken).ConfigureAwait(false);
    }

    private void RequireReading() => access.Require(EnvironmentPermission.ReadAudit, "the audit trail");

    private ValueTask<List<AuditRecord>> PageAsync(long afterSequence, int limit, CancellationToken cancellationToken) => _area.ReadAsync(
        (session, _) => session.QueryAsync(
            $"SELECT {Columns} FROM audit_record WHERE sequence > @after ORDER BY sequence LIMIT @limit", Map, ("@after", afterSequence), ("@limit", limit)),
        cancellationToken);

    private async ValueTask<Head?> InsertAsync(IMetadataSession session, Head former, Timestamp time, string actor, AuditEntry entry)
    {
        var next = new Head(former.Sequence + 1, AuditHash.Compute(store.EnvironmentName, former.Hash, former.Sequence + 1, time, actor, entry));
        var inserted = await session.ExecuteAsync(
            "INSERT INTO audit_record (sequence, time, actor, operation, subject, reason, before_state, after_state, hash) " +
            "SELECT @sequence, @time, @actor, @operation, @subject, @reason, @before, @after, @hash " +
            "WHERE @former = 0 OR EXISTS (SELECT 1 FROM audit_record WHERE sequence = @former AND hash = @formerHash) ON CONFLICT DO NOTHING",
            ("@sequence", next.Sequence), ("@time", time), ("@actor", actor), ("@operation", entry.Operation), ("@subject", entry.Subject),
            ("@reason", entry.Reason), ("@before", entry.Before), ("@after", entry.After), ("@hash", next.Hash),
            ("@former", former.Sequence), ("@formerHash", former.Hash)).ConfigureAwait(false);
        return inserted == 1 ? next : null;
    }

    private static AuditRecord Map(DbDataReader row) => new(
        row.GetInt64(0), row.GetTimestamp(1), row.GetString(2),
        new AuditEntry(row.GetString(3), row.GetString(4), row.GetString(5), row.GetStringOrNull(6), row.GetStringOrNull(7)),
        row.GetString(8));
}
