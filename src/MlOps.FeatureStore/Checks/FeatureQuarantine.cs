using Microsoft.Extensions.Logging;

namespace MlOps.Features;

/// <summary>
/// Keeps what failed its checks. As with segments an intent row names the file before the file is made, and one transaction makes the batch
/// visible: a crash leaves nothing or a whole batch.
/// </summary>
/// <param name="context">The environment.</param>
/// <param name="area">The store's tables.</param>
/// <param name="root">The folder of the kept rows.</param>
/// <param name="options">The store's options.</param>
/// <param name="ready">Readies the store.</param>
/// <param name="apply">Applies rows in place of a batch.</param>
/// <param name="sees">Whether the caller sees a whole view.</param>
/// <param name="requireValues">Refuses a caller with whom not all values of a view are shared.</param>
internal sealed partial class FeatureQuarantine(
    EnvironmentContext context, MetadataArea area, string root, FeatureStoreOptions options, Func<CancellationToken, ValueTask> ready, Func<QuarantinedBatch, DataFrame, bool, CancellationToken, ValueTask<long>> apply,
    Func<string, bool> sees, Action<string> requireValues)
    : IFeatureQuarantine
{
    private const string Columns = "id, view_name, view_version, batch_key, push_offset, row_count, byte_count, failures, created_at, state, closed_at, closed_by, reason";
    private const long NoOffset = -1;
    private readonly ILogger _logger = context.LoggerFactory.CreateLogger("MlOps.Features");

    private Timestamp Now => Timestamp.From(context.Clock.GetUtcNow());

    /// <summary>Whether a batch key was ingested before.</summary>
    public async ValueTask<bool> IsIngestedAsync(FeatureView view, string batchKey, CancellationToken cancellationToken) =>
        await area.ReadAsync(
            async (session, _) => await session.ScalarAsync(
                "SELECT row_count FROM features_batches WHERE view_id = @view AND batch_key = @key", ("view", FolderOf(view.Name, view.Version)), ("key", batchKey)).ConfigureAwait(false),
            cancellationToken).ConfigureAwait(false) is not null;

    /// <summary>Keeps a batch durably; its id, or that of the same batch kept before, or null where it is too large.</summary>
    public async ValueTask<string?> HoldAsync(FeatureView view, DataFrame rows, string key, long? offset, DataCheckReport report, CancellationToken cancellationToken)
    {
        var (digest, length) = QuarantineFile.Measure(rows);
        (string, object?)[] same = [("view", view.Name), ("version", (long)view.Version), ("key", key), ("offset", offset ?? NoOffset), ("digest", digest)];
        if (await area.ReadAsync((session, _) => FindAsync(session, same), cancellationToken).ConfigureAwait(false) is { } known)
            return known;
        if (length > options.Quarantine.MaxBytes)
        {
            LogTooLarge(_logger, key, view.Name, length, options.Quarantine.MaxBytes);
            return null;
        }

        var id = Guid.NewGuid().ToString("N");
        await area.WriteAsync(
            async (session, _) => await session.ExecuteAsync(
                """
                INSERT INTO features_quarantine (id, view_name, view_version, batch_key, push_offset, digest, state, row_count, byte_count, failures, report, created_at)
                VALUES (@id, @view, @version, @key, @offset, @digest, 0, @rows, @bytes, @failures, @report, @now)
                """,
                [.. same, ("id", id), ("rows", (long)rows.RowCount), ("bytes", length), ("failures", report.Describe()), ("report", report.ToJson()), ("now", Now)]).ConfigureAwait(false),
            cancellationToken).ConfigureAwait(false);
        var path = PathOf(view.Name, view.Version, id);
        context.Files.CreateDirectory(Path.GetDirectoryName(path)!);
        QuarantineFile.Write(context.Files, path, rows);
        var earlier = await area.WriteAsync<string?>(
            async (session, _) =>
            {
                if (await FindAsync(session, same).ConfigureAwait(false) is { } other)
                {
                    await session.ExecuteAsync("DELETE FROM features_quarantine WHERE id = @id", ("id", id)).ConfigureAwait(false);
                    return other;
                }

                var changed = await session.ExecuteAsync("UPDATE features_quarantine SET state = 1 WHERE id = @id AND state = 0", ("id", id)).ConfigureAwait(false);
                return changed == 1 ? null : throw new StorageException($"Keeping the refused batch '{key}' took longer than the orphan age, and another process swept it. Ingest it again, with a longer FeatureStoreOptions.OrphanAge if it repeats.");
            },
            CancellationToken.None).ConfigureAwait(false);
        if (earlier is not null)
        {
            context.Files.Delete(path);
            return earlier;
        }

        LogHeld(_logger, rows.RowCount, key, view.Name, id);
        await DropOldestAsync(CancellationToken.None).ConfigureAwait(false);
        return id;
    }

    private static async ValueTask<string?> FindAsync(IMetadataSession session, (string, object?)[] same) =>
        await session.FirstOrDefaultAsync(
            "SELECT id FROM features_quarantine WHERE view_name = @view AND view_version = @version AND batch_key = @key AND push_offset = @offset AND digest = @digest AND state = 1",
            row => row.GetString(0), same).ConfigureAwait(false);

    private string PathOf(string view, int version, string id) => Path.Combine(root, FolderOf(view, version), id + ".frame");

    private static string FolderOf(string view, int version) => $"{view}.v{version}";

    private static QuarantinedBatch Read(System.Data.Common.DbDataReader row) => new()
    {
        Id = row.GetString(0),
        View = row.GetString(1),
        Version = (int)row.GetInt64(2),
        Key = row.GetString(3),
        Offset = row.GetInt64(4) == NoOffset ? null : row.GetInt64(4),
        Rows = row.GetInt64(5),
        Bytes = row.GetInt64(6),
        Failures = row.GetString(7),
        At = row.GetTimestamp(8),
        State = (QuarantineState)row.GetInt64(9),
        ClosedAt = row.IsDBNull(10) ? null : row.GetTimestamp(10),
        ClosedBy = row.GetStringOrNull(11),
        Reason = row.GetStringOrNull(12),
    };
}
