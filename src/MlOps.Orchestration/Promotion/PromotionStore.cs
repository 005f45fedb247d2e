using System.Data.Common;
using System.Text.Json;

namespace MlOps.Orchestration;

/// <summary>The rows of promotions into one environment. Each transition is committed with its audit record and its event.</summary>
internal sealed class PromotionStore(MetadataArea area, EnvironmentContext context, OrchestrationOptions options)
{
    private const string Columns =
        "promotion_id, promotion_key, source, version, manifest, options, state, requested_by, requested_at, ended_at, evidence, evidence_champion, result_version, " +
        "retrain_run, former_alias, former_traffic, traffic_known, detail, owner, lease_until, fence";

    public MetadataArea Area => area;

    public Timestamp Now => Timestamp.From(context.Clock.GetUtcNow());

    public ValueTask<PromotionRow?> FindAsync(string id, CancellationToken cancellationToken) => area.ReadAsync((session, _) => FindAsync(session, id), cancellationToken);

    public ValueTask<List<PromotionRow>> ListAsync(string? model, int limit, CancellationToken cancellationToken) => area.ReadAsync((session, _) => session.QueryAsync(
        $"SELECT {Columns} FROM orchestration_promotions WHERE (@model = '' OR model = @model) ORDER BY requested_at DESC, promotion_id DESC LIMIT @limit",
        Map, ("model", model ?? ""), ("limit", limit)), cancellationToken);

    public ValueTask<List<PromotionRow>> ListOpenAsync(CancellationToken cancellationToken) => area.ReadAsync((session, _) => session.QueryAsync(
        $"SELECT {Columns} FROM orchestration_promotions WHERE ended_at IS NULL ORDER BY requested_at, promotion_id", Map), cancellationToken);

    /// <summary>Promotions that have ended, but whose last transitions the source's audit trail may lack because a host died in between.</summary>
    public ValueTask<List<PromotionRow>> ListUnmirroredAsync(CancellationToken cancellationToken) => area.ReadAsync((session, _) => session.QueryAsync(
        $"SELECT {Columns} FROM orchestration_promotions WHERE mirrored = 0 AND ended_at IS NOT NULL", Map), cancellationToken);

    public ValueTask<int> SetMirroredAsync(PromotionRow row) => area.WriteAsync((session, _) => session.ExecuteAsync(
        "UPDATE orchestration_promotions SET mirrored = 1 WHERE promotion_id = @id AND state = @state AND ended_at IS NOT NULL",
        ("id", row.Id), ("state", row.State.ToString())), CancellationToken.None);

    public ValueTask<List<PromotionTransition>> TransitionsAsync(string id, CancellationToken cancellationToken) => area.ReadAsync((session, _) => session.QueryAsync(
        "SELECT seq, at, state, actor, detail FROM orchestration_promotion_transitions WHERE promotion_id = @id ORDER BY seq",
        row => new PromotionTransition((int)row.GetInt64(0), row.GetTimestamp(1), Enum.Parse<PromotionState>(row.GetString(2)), row.GetString(3), row.GetString(4)),
        ("id", id)), cancellationToken);

    public ValueTask<List<PromotionApproval>> ApprovalsAsync(string id, CancellationToken cancellationToken) => area.ReadAsync((session, _) => session.QueryAsync(
        "SELECT approver, at, comment FROM orchestration_promotion_approvals WHERE promotion_id = @id ORDER BY at, approver",
        row => new PromotionApproval(row.GetString(0), row.GetTimestamp(1), row.GetString(2)), ("id", id)), cancellationToken);

    /// <summary>Creates a promotion, or finds the one of the same key, or without a key the one of the same version that has not ended.</summary>
    public ValueTask<PromotionRow> CreateAsync(string source, ModelVersionRef version, string manifest, PromotionOptions request, CancellationToken cancellationToken) =>
        area.WriteAsync(async (session, _) =>
        {
            var text = JsonSerializer.Serialize(request, OrchestrationJson.Default.PromotionOptions);
            if (request.Key is not null)
            {
                var known = await session.FirstOrDefaultAsync($"SELECT {Columns} FROM orchestration_promotions WHERE promotion_key = @key", Map, ("key", request.Key)).ConfigureAwait(false);
                if (known is not null)
                {
                    return known.Source == source && known.Version == version && known.Options == request ? known : throw new InvalidInputException(
                        $"Promotion key '{request.Key}' was used for {known.Source}/{known.Version} with other options or another version. Use another key.");
                }
            }

            var open = await session.FirstOrDefaultAsync(
                $"SELECT {Columns} FROM orchestration_promotions WHERE source = @source AND version = @version AND ended_at IS NULL", Map,
                ("source", source), ("version", version.ToString())).ConfigureAwait(false);
            if (open is not null)
            {
                return request.Key is null && (open.Options with { Key = null }) == request ? open : throw new ConcurrencyConflictException(
                    $"Promotion {open.Id} of {source}/{version} is {open.State} and has not ended. Wait for it, or approve or reject it.");
            }

            var id = Guid.CreateVersion7(context.Clock.GetUtcNow()).ToString("N");
            await session.ExecuteAsync(
                "INSERT INTO orchestration_promotions (promotion_id, promotion_key, source, version, model, manifest, options, state, requested_by, requested_at, evidence, " +
                "evidence_champion, traffic_known, detail, lease_until, fence) " +
                "VALUES (@id, @key, @source, @version, @model, @manifest, @options, 'Requested', @by, @now, '[]', 0, 0, '', 0, 0)",
                ("id", id), ("key", request.Key), ("source", source), ("version", version.ToString()), ("model", version.Model), ("manifest", manifest),
                ("options", text), ("by", context.Caller.Name), ("now", Now)).ConfigureAwait(false);
            var row = (await FindAsync(session, id).ConfigureAwait(false))!;
            await RecordAsync(session, row, request.Reason).ConfigureAwait(false);
            return row;
        }, cancellationToken);

    public ValueTask<PromotionRow?> ClaimAsync(string id, string owner, CancellationToken cancellationToken) => area.WriteAsync(async (session, _) =>
    {
        var row = await FindAsync(session, id).ConfigureAwait(false);
        if (row is null || row.EndedAt is not null || (row.Owner != owner && !RunStore.IsFree(row.Owner, row.LeaseUntil, Now)))
            return null;
        await session.ExecuteAsync("UPDATE orchestration_promotions SET owner = @owner, fence = fence + 1, lease_until = @until WHERE promotion_id = @id",
            ("owner", owner), ("until", Now + options.LeaseDuration), ("id", id)).ConfigureAwait(false);
        return await FindAsync(session, id).ConfigureAwait(false);
    }, cancellationToken);

    public ValueTask<bool> RenewAsync(PromotionRow row, CancellationToken cancellationToken) => area.WriteAsync(async (session, _) =>
        await session.ExecuteAsync("UPDATE orchestration_promotions SET lease_until = @until WHERE promotion_id = @id AND fence = @fence AND ended_at IS NULL",
            ("until", Now + options.LeaseDuration), ("id", row.Id), ("fence", row.Fence)).ConfigureAwait(false) == 1, cancellationToken);

    public ValueTask<int> ReleaseAsync(PromotionRow row) => area.WriteAsync((session, _) => session.ExecuteAsync(
        "UPDATE orchestration_promotions SET owner = NULL, lease_until = 0 WHERE promotion_id = @id AND fence = @fence", ("id", row.Id), ("fence", row.Fence)), CancellationToken.None);

    /// <summary>Commits a transition of the promotion's owner.</summary>
    /// <exception cref="LeaseLostException">The fence is old: nothing was changed.</exception>
    public ValueTask<PromotionRow> MoveAsync(PromotionRow row, PromotionState from) => area.WriteAsync(async (session, _) =>
    {
        var ends = row.State is PromotionState.Completed or PromotionState.Refused or PromotionState.RolledBack;
        var changed = await session.ExecuteAsync(
            "UPDATE orchestration_promotions SET state = @state, ended_at = @ended, evidence = @evidence, evidence_champion = @champion, result_version = @result, " +
            "retrain_run = @retrain, former_alias = @alias, former_traffic = @traffic, traffic_known = @known, detail = @detail, " +
            "lease_until = @until, owner = CASE WHEN @ends THEN NULL ELSE owner END WHERE promotion_id = @id AND fence = @fence AND state = @from",
            ("state", row.State.ToString()), ("ended", ends ? Now.Microseconds : null), ("evidence", JsonSerializer.Serialize(row.Evidence, OrchestrationJson.Default.IReadOnlyListGateResult)),
            ("champion", row.EvidenceChampion), ("result", row.Result?.ToString()), ("retrain", row.RetrainRun), ("alias", row.FormerAlias), ("traffic", row.FormerTraffic),
            ("known", row.TrafficKnown), ("detail", row.Detail), ("until", ends ? 0L : (Now + options.LeaseDuration).Microseconds), ("ends", ends),
            ("id", row.Id), ("fence", row.Fence), ("from", from.ToString())).ConfigureAwait(false);
        if (changed == 0)
            throw new LeaseLostException($"Promotion {row.Id}");
        await RecordAsync(session, row, row.Detail).ConfigureAwait(false);
        return (await FindAsync(session, row.Id).ConfigureAwait(false))!;
    }, CancellationToken.None);

    /// <summary>Moves a promotion that nobody is working on by a person's act.</summary>
    public ValueTask<PromotionRow> ActAsync(string id, PromotionState from, PromotionState to, string detail, CancellationToken cancellationToken) => area.WriteAsync(async (session, _) =>
    {
        var row = await NeedAsync(session, id, from).ConfigureAwait(false);
        var ends = to == PromotionState.Refused;
        await session.ExecuteAsync(
            "UPDATE orchestration_promotions SET state = @state, detail = @detail, ended_at = @ended, mirrored = 0, fence = fence + 1, owner = NULL, lease_until = 0 WHERE promotion_id = @id",
            ("state", to.ToString()), ("detail", detail), ("ended", ends ? Now.Microseconds : null), ("id", id)).ConfigureAwait(false);
        row = (await FindAsync(session, id).ConfigureAwait(false))!;
        await RecordAsync(session, row, detail).ConfigureAwait(false);
        return row;
    }, cancellationToken);

    public ValueTask<int> ApproveAsync(string id, string approver, string comment, CancellationToken cancellationToken) => area.WriteAsync(async (session, _) =>
    {
        var row = await NeedAsync(session, id, PromotionState.AwaitingApproval).ConfigureAwait(false);
        if (string.Equals(row.RequestedBy, approver, StringComparison.OrdinalIgnoreCase))
            throw new AccessDeniedException($"'{approver}' asked for promotion {id} and cannot approve it. Somebody else must.");
        var added = await session.ExecuteAsync(
            "INSERT INTO orchestration_promotion_approvals (promotion_id, approver, at, comment) VALUES (@id, @approver, @now, @comment) ON CONFLICT DO NOTHING",
            ("id", id), ("approver", approver.ToLowerInvariant()), ("now", Now), ("comment", comment)).ConfigureAwait(false);
        if (added == 1)
            await context.Audit.AppendAsync(session, new AuditEntry("promotion.approve", Subject(row), comment)).ConfigureAwait(false);
        return added;
    }, cancellationToken);

    /// <summary>Records transitions in the audit trail of the environment promoted from, each once.</summary>
    public async ValueTask MirrorAsync(string target, PromotionRow row, IEnumerable<PromotionTransition> transitions) =>
        await area.WriteAsync(async (session, _) =>
        {
            foreach (var transition in transitions)
            {
                var fresh = await session.ExecuteAsync(
                    "INSERT INTO orchestration_promotion_mirror (target, promotion_id, seq) VALUES (@target, @id, @seq) ON CONFLICT DO NOTHING",
                    ("target", target), ("id", row.Id), ("seq", transition.Sequence)).ConfigureAwait(false) == 1;
                if (fresh)
                {
                    await context.Audit.AppendAsync(session, new AuditEntry(
                        "promotion." + Verb(transition.State), $"{row.Source}/{row.Version} to {target}", transition.Detail)).ConfigureAwait(false);
                }
            }

            return true;
        }, CancellationToken.None).ConfigureAwait(false);

    public ValueTask<bool> AuditAsync(string operation, string subject, string reason, CancellationToken cancellationToken) => area.WriteAsync(async (session, _) =>
    {
        await context.Audit.AppendAsync(session, new AuditEntry(operation, subject, reason)).ConfigureAwait(false);
        return true;
    }, cancellationToken);

    private async ValueTask RecordAsync(IMetadataSession session, PromotionRow row, string detail)
    {
        var sequence = (await session.ScalarAsync("SELECT MAX(seq) FROM orchestration_promotion_transitions WHERE promotion_id = @id", ("id", row.Id)).ConfigureAwait(false) ?? 0) + 1;
        await session.ExecuteAsync(
            "INSERT INTO orchestration_promotion_transitions (promotion_id, seq, at, state, actor, detail) VALUES (@id, @seq, @now, @state, @actor, @detail)",
            ("id", row.Id), ("seq", sequence), ("now", Now), ("state", row.State.ToString()), ("actor", context.Caller.Name), ("detail", detail)).ConfigureAwait(false);
        await context.Audit.AppendAsync(session, new AuditEntry("promotion." + Verb(row.State), Subject(row), detail)).ConfigureAwait(false);
        await context.Events.AppendAsync(session, "orchestration.promotion." + Verb(row.State), row.Version.Model,
            $$"""{"promotion":"{{row.Id}}","source":"{{row.Source}}","version":"{{row.Version}}","state":"{{row.State}}"}""", $"promotion/{row.Id}/{sequence}").ConfigureAwait(false);
    }

    private static async ValueTask<PromotionRow> NeedAsync(IMetadataSession session, string id, PromotionState state)
    {
        var row = await FindAsync(session, id).ConfigureAwait(false) ?? throw Unknown(id);
        return row.State == state ? row : throw new ConcurrencyConflictException($"Promotion {id} is {row.State}; this needs it to be {state}.");
    }

    public static NotFoundException Unknown(string id) => new($"There is no promotion '{id}' into this environment. List them with Promotions.ListAsync.");

    private string Subject(PromotionRow row) => $"{row.Source}/{row.Version} to {context.Name}";

    private static string Verb(PromotionState state) => state switch
    {
        PromotionState.GatesPassed => "gates-passed",
        PromotionState.AwaitingApproval => "awaiting-approval",
        PromotionState.RollingBack => "rolling-back",
        PromotionState.RolledBack => "rolled-back",
        _ => state.ToString().ToLowerInvariant(),
    };

    private static ValueTask<PromotionRow?> FindAsync(IMetadataSession session, string id) =>
        session.FirstOrDefaultAsync($"SELECT {Columns} FROM orchestration_promotions WHERE promotion_id = @id", Map, ("id", id));

    private static PromotionRow Map(DbDataReader row) => new(
        row.GetString(0), row.GetStringOrNull(1), row.GetString(2), ModelVersionRef.Parse(row.GetString(3)), row.GetString(4),
        JsonSerializer.Deserialize(row.GetString(5), OrchestrationJson.Default.PromotionOptions)!, Enum.Parse<PromotionState>(row.GetString(6)), row.GetString(7),
        row.GetTimestamp(8), row.IsDBNull(9) ? null : row.GetTimestamp(9), JsonSerializer.Deserialize(row.GetString(10), OrchestrationJson.Default.IReadOnlyListGateResult)!,
        (int)row.GetInt64(11), row.GetStringOrNull(12) is { } result ? ModelVersionRef.Parse(result) : null, row.GetStringOrNull(13),
        row.IsDBNull(14) ? 0 : (int)row.GetInt64(14), row.GetStringOrNull(15), row.GetInt64(16) != 0, row.GetString(17), row.GetStringOrNull(18), row.GetTimestamp(19), row.GetInt64(20));
}
