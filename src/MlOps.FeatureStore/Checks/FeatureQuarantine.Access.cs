namespace MlOps.Features;

internal sealed partial class FeatureQuarantine
{
    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<QuarantinedBatch>> ListAsync(string? view = null, bool includeClosed = false, CancellationToken cancellationToken = default)
    {
        context.Access.Require(EnvironmentPermission.Read, "quarantined feature batches");
        await ready(cancellationToken).ConfigureAwait(false);
        var batches = await area.ReadAsync(
            async (session, _) => await session.QueryAsync(
                $"SELECT {Columns} FROM features_quarantine WHERE {(view is null ? "" : "view_name = @view AND ")}state >= 1 AND state <= @last ORDER BY created_at DESC, id",
                Read, [.. view is null ? [] : new (string, object?)[] { ("view", view) }, ("last", includeClosed ? (long)QuarantineState.Dropped : (long)QuarantineState.Held)]).ConfigureAwait(false),
            cancellationToken).ConfigureAwait(false);
        return [.. batches.Where(batch => sees(batch.View))];
    }

    /// <inheritdoc />
    public ValueTask<QuarantinedBatch> GetAsync(string id, CancellationToken cancellationToken = default)
    {
        context.Access.Require(EnvironmentPermission.Read, $"quarantined feature batch '{id}'");
        ArgumentNullException.ThrowIfNull(id);
        return FindAsync(id, cancellationToken);
    }

    /// <inheritdoc />
    public async ValueTask<DataCheckReport> GetReportAsync(string id, CancellationToken cancellationToken = default)
    {
        // It shows values.
        context.Access.Require(EnvironmentPermission.ReadFeatures, $"quarantined feature batch '{id}'");
        ArgumentNullException.ThrowIfNull(id);
        requireValues((await FindAsync(id, cancellationToken).ConfigureAwait(false)).View);
        var json = await area.ReadAsync(
            async (session, _) => await session.FirstOrDefaultAsync("SELECT report FROM features_quarantine WHERE id = @id AND state >= 1", row => row.GetString(0), ("id", id)).ConfigureAwait(false),
            cancellationToken).ConfigureAwait(false);
        return json is null ? throw Unknown(id) : DataCheckReport.FromJson(json);
    }

    /// <inheritdoc />
    public async ValueTask<DataFrame> GetRowsAsync(string id, CancellationToken cancellationToken = default)
    {
        context.Access.Require(EnvironmentPermission.ReadFeatures, $"quarantined feature batch '{id}'");
        ArgumentNullException.ThrowIfNull(id);
        var batch = await FindAsync(id, cancellationToken).ConfigureAwait(false);
        requireValues(batch.View);
        return Load(batch);
    }

    /// <inheritdoc />
    public async ValueTask<long> ReleaseAsync(string id, DataFrame corrected, CancellationToken cancellationToken = default)
    {
        context.Access.Require(EnvironmentPermission.WriteFeatures, $"quarantined feature batch '{id}'");
        ArgumentNullException.ThrowIfNull(id);
        ArgumentNullException.ThrowIfNull(corrected);
        var batch = Open(await FindAsync(id, cancellationToken).ConfigureAwait(false));
        var rows = await apply(batch, corrected, true, cancellationToken).ConfigureAwait(false);
        await CloseAsync(batch, QuarantineState.Released, "corrected").ConfigureAwait(false);
        return rows;
    }

    /// <inheritdoc />
    public async ValueTask<long> ReleaseAsync(string id, string reason, CancellationToken cancellationToken = default)
    {
        context.Access.Require(EnvironmentPermission.WriteFeatures, $"quarantined feature batch '{id}'");
        ArgumentNullException.ThrowIfNull(id);
        ArgumentException.ThrowIfNullOrWhiteSpace(reason);
        var batch = Open(await FindAsync(id, cancellationToken).ConfigureAwait(false));
        var rows = await apply(batch, Load(batch), false, cancellationToken).ConfigureAwait(false);
        await CloseAsync(batch, QuarantineState.Released, reason).ConfigureAwait(false);
        return rows;
    }

    /// <inheritdoc />
    public async ValueTask DiscardAsync(string id, string reason, CancellationToken cancellationToken = default)
    {
        context.Access.Require(EnvironmentPermission.ManageFeatures, $"quarantined feature batch '{id}'");
        ArgumentNullException.ThrowIfNull(id);
        ArgumentException.ThrowIfNullOrWhiteSpace(reason);
        await CloseAsync(Open(await FindAsync(id, cancellationToken).ConfigureAwait(false)), QuarantineState.Discarded, reason).ConfigureAwait(false);
    }

    private async ValueTask<QuarantinedBatch> FindAsync(string id, CancellationToken cancellationToken)
    {
        await ready(cancellationToken).ConfigureAwait(false);
        var batch = await area.ReadAsync(
            async (session, _) => await session.FirstOrDefaultAsync($"SELECT {Columns} FROM features_quarantine WHERE id = @id AND state >= 1", Read, ("id", id)).ConfigureAwait(false),
            cancellationToken).ConfigureAwait(false);
        // What the checks say names columns: a batch of a view that is not shared whole does not exist for the caller.
        return batch is not null && sees(batch.View) ? batch : throw Unknown(id);
    }

    private NotFoundException Unknown(string id) => new($"Environment '{context.Name}' has no quarantined feature batch '{id}'. List them; records are removed {options.Quarantine.MaxAge.TotalDays:0.#} days after they were closed.");

    private static QuarantinedBatch Open(QuarantinedBatch batch) => batch.State == QuarantineState.Held
        ? batch
        : throw new NotFoundException($"The quarantined feature batch '{batch.Id}' was {batch.State.ToString().ToLowerInvariant()} at {batch.ClosedAt} by {batch.ClosedBy}: its rows are not kept any more.");

    private DataFrame Load(QuarantinedBatch batch)
    {
        var path = PathOf(Open(batch).View, batch.Version, batch.Id);
        try
        {
            using var stream = context.Files.OpenRead(path);
            return DataFrame.Load(stream, path);
        }
        catch (FileNotFoundException e)
        {
            throw new CorruptDataException($"The rows of quarantined feature batch '{batch.Id}' are gone: there is no file '{path}'. Discard the batch.", e);
        }
    }

    // The record changes first: a crash before the file is gone leaves a file that no row names, which the sweep removes. It keeps no values.
    private async ValueTask CloseAsync(QuarantinedBatch batch, QuarantineState state, string reason)
    {
        await area.WriteAsync(
            async (session, _) =>
            {
                var report = await session.FirstOrDefaultAsync("SELECT report FROM features_quarantine WHERE id = @id AND state = 1", row => row.GetString(0), ("id", batch.Id)).ConfigureAwait(false);
                if (report is null)
                    return 0;
                var changed = await session.ExecuteAsync(
                    "UPDATE features_quarantine SET state = @state, closed_at = @now, closed_by = @by, reason = @reason, report = @report WHERE id = @id AND state = 1",
                    ("report", WithoutValues(report)), ("state", (long)state), ("now", Now), ("by", context.Caller.Name), ("reason", reason), ("id", batch.Id)).ConfigureAwait(false);
                if (changed == 1 && state != QuarantineState.Dropped)
                {
                    await context.Audit.AppendAsync(session, new AuditEntry(
                        state == QuarantineState.Released ? "features.quarantine.release" : "features.quarantine.discard", $"{batch.View}/{batch.Key}/{batch.Id}", reason)).ConfigureAwait(false);
                }

                return changed;
            },
            CancellationToken.None).ConfigureAwait(false);
        context.Files.Delete(PathOf(batch.View, batch.Version, batch.Id));
    }

    private static string WithoutValues(string json)
    {
        var report = DataCheckReport.FromJson(json);
        return (report with { Results = [.. report.Results.Select(result => result with { Samples = [] })] }).ToJson();
    }
}
