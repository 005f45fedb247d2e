namespace MlOps.Features;

internal sealed partial class OfflineView
{
    // Moments before the floor may have lost rows to merges; later ones have not.
    private async ValueTask<long> CommitAsOfAsync(IMetadataSession session, Timestamp moment)
    {
        if (await session.ScalarAsync("SELECT floor_at FROM features_floors WHERE view_id = @view", ("view", _id)).ConfigureAwait(false) is { } floor && moment.Microseconds < floor)
            throw new InvalidInputException(
                $"Feature view '{Plan.View.Name}' cannot be read as it stood at {moment}: what merges have dropped since then is gone. The earliest moment is {new Timestamp(floor)}; FeatureStoreOptions.TimeTravelHorizon ({_options.TimeTravelHorizon}) says how far back moments are kept.");
        return await session.ScalarAsync(
            "SELECT MAX(commit_number) FROM features_batches WHERE view_id = @view AND committed_at <= @moment", ("view", _id), ("moment", moment)).ConfigureAwait(false) ?? 0;
    }

    /// <summary>The last commit at a moment, or now; 0 before the first.</summary>
    public ValueTask<long> CommitAsOfAsync(Timestamp? moment, CancellationToken cancellationToken) =>
        _area.ReadAsync((session, _) => CommitAsOfAsync(session, moment ?? Timestamp.MaxValue), cancellationToken);

    private async ValueTask<Floor> FloorAsync(CancellationToken cancellationToken)
    {
        var at = Now - _options.TimeTravelHorizon;
        var commit = await _area.ReadAsync(
            async (session, _) => await session.ScalarAsync(
                "SELECT MAX(commit_number) FROM features_batches WHERE view_id = @view AND committed_at <= @moment", ("view", _id), ("moment", at)).ConfigureAwait(false),
            cancellationToken).ConfigureAwait(false);
        return new Floor(at, commit ?? 0);
    }

    private async ValueTask RaiseFloorAsync(IMetadataSession session, Timestamp at) => await session.ExecuteAsync(
        """
        INSERT INTO features_floors (view_id, floor_at) VALUES (@view, @at)
        ON CONFLICT (view_id) DO UPDATE SET floor_at = excluded.floor_at WHERE excluded.floor_at > features_floors.floor_at
        """,
        ("view", _id), ("at", at)).ConfigureAwait(false);

    /// <summary>The earliest moment that may be asked for, and the commit that it sees.</summary>
    private readonly record struct Floor(Timestamp At, long Commit);
}
