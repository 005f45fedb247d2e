using System.Buffers.Binary;
using System.Data.Common;
using System.Security.Cryptography;
using System.Text;

namespace MlOps.Audit;

/// <summary>The audit trail as rows of the metadata store, each chained to the one before by its hash.</summary>
internal sealed class SqlAuditLog(IMetadataStore store, ICallerAccessor caller, TimeProvider clock) : IAuditLog
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
    ]);

    private const int PageRows = 1000;
    private const byte HashFormat = 1;
    private readonly MetadataArea _area = new(store, Schema);

    public async ValueTask AppendAsync(IMetadataSession session, AuditEntry entry)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(entry);
        ArgumentException.ThrowIfNullOrWhiteSpace(entry.Operation);
        ArgumentNullException.ThrowIfNull(entry.Subject);
        ArgumentNullException.ThrowIfNull(entry.Reason);
        var last = await session.QueryAsync(
            "SELECT sequence, hash FROM audit_record ORDER BY sequence DESC LIMIT 1", row => (Sequence: row.GetInt64(0), Hash: row.GetString(1))).ConfigureAwait(false);
        var (sequence, former) = last.Count == 0 ? (1, "") : (last[0].Sequence + 1, last[0].Hash);
        var time = Timestamp.From(clock.GetUtcNow());
        var actor = caller.Name;
        await session.ExecuteAsync(
            "INSERT INTO audit_record (sequence, time, actor, operation, subject, reason, before_state, after_state, hash) " +
            "VALUES (@sequence, @time, @actor, @operation, @subject, @reason, @before, @after, @hash)",
            ("@sequence", sequence), ("@time", time), ("@actor", actor), ("@operation", entry.Operation), ("@subject", entry.Subject),
            ("@reason", entry.Reason), ("@before", entry.Before), ("@after", entry.After),
            ("@hash", Chain(former, sequence, time, actor, entry))).ConfigureAwait(false);
    }

    public async ValueTask<IReadOnlyList<AuditRecord>> ReadAsync(long afterSequence = 0, int limit = 1000, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(limit);
        return await _area.ReadAsync(
            (session, _) => session.QueryAsync(
                "SELECT sequence, time, actor, operation, subject, reason, before_state, after_state, hash FROM audit_record " +
                "WHERE sequence > @after ORDER BY sequence LIMIT @limit",
                Map, ("@after", afterSequence), ("@limit", limit)),
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<long?> VerifyAsync(CancellationToken cancellationToken = default)
    {
        var former = "";
        var verified = 0L;
        while (true)
        {
            var page = await ReadAsync(verified, PageRows, cancellationToken).ConfigureAwait(false);
            foreach (var record in page)
            {
                if (record.Sequence != verified + 1 || record.Hash != Chain(former, record.Sequence, record.Time, record.Actor, record.Entry))
                    return record.Sequence;
                former = record.Hash;
                verified = record.Sequence;
            }

            if (page.Count < PageRows)
                return null;
        }
    }

    private static AuditRecord Map(DbDataReader row) => new(
        row.GetInt64(0), row.GetTimestamp(1), row.GetString(2),
        new AuditEntry(row.GetString(3), row.GetString(4), row.GetString(5), row.GetStringOrNull(6), row.GetStringOrNull(7)),
        row.GetString(8));

    /// <summary>
    /// Format 1: SHA-256 over the byte 1, then the environment, the former hash, sequence, time, actor, operation, subject, reason,
    /// before and after; numbers as 8 bytes, texts as a 4-byte length and UTF-8, null as length -1; little-endian.
    /// </summary>
    private string Chain(string former, long sequence, Timestamp time, string actor, AuditEntry entry)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData([HashFormat]);
        Append(hash, store.EnvironmentName);
        Append(hash, former);
        Append(hash, sequence);
        Append(hash, time.Microseconds);
        Append(hash, actor);
        Append(hash, entry.Operation);
        Append(hash, entry.Subject);
        Append(hash, entry.Reason);
        Append(hash, entry.Before);
        Append(hash, entry.After);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void Append(IncrementalHash hash, long number)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
        hash.AppendData(bytes);
    }

    private static void Append(IncrementalHash hash, string? text)
    {
        var utf8 = text is null ? [] : Encoding.UTF8.GetBytes(text);
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, text is null ? -1 : utf8.Length);
        hash.AppendData(length);
        hash.AppendData(utf8);
    }
}
