namespace MlOps.Features;

internal sealed partial class OfflineView
{
    /// <summary>The segments as they stood at a moment; as they stand when null.</summary>
    public async ValueTask<OfflineSnapshot> OpenAsync(Timestamp? asOf, CancellationToken cancellationToken)
    {
        // The commit first: what is merged afterwards still names the commit of each row.
        var commit = asOf is { } moment ? await CommitAsOfAsync(moment, cancellationToken).ConfigureAwait(false) : long.MaxValue;
        var now = await OpenAsync(cancellationToken).ConfigureAwait(false);
        return asOf is null ? now : new OfflineSnapshot(now.Plan, now.Keys, now.Segments) { MaxCommit = commit };
    }

    /// <summary>The last commit at a moment, or now; 0 before the first.</summary>
    public ValueTask<long> CommitAsOfAsync(Timestamp? moment, CancellationToken cancellationToken) =>
        _area.ReadAsync(
            async (session, _) => await session.ScalarAsync(
                "SELECT MAX(commit_number) FROM features_batches WHERE view_id = @view AND committed_at <= @moment",
                ("view", _id), ("moment", moment ?? Timestamp.MaxValue)).ConfigureAwait(false) ?? 0,
            cancellationToken);
}
