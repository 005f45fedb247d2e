using MlOps.Registry;

namespace MlOps.Orchestration;

internal sealed partial class Promotions
{
    private async ValueTask<PromotionRow> PrepareAsync(PromotionRow row, CancellationToken cancellationToken)
    {
        var champion = await ChampionAsync(row, cancellationToken).ConfigureAwait(false);
        if (row.EvidenceChampion != (champion?.Version ?? 0))
            return row with { State = PromotionState.Registered, Detail = $"the champion changed to {champion?.Ref.ToString() ?? "none"} since the gates were judged: they are judged again" };
        var former = await Registry().FindAsync(row.Version.Model, row.Alias, cancellationToken).ConfigureAwait(false);
        return row with { State = PromotionState.Deploying, FormerAlias = former?.Version ?? 0, Detail = $"{row.Alias} was {former?.Ref.ToString() ?? "nowhere"}" };
    }

    private async ValueTask<PromotionRow> DeployAsync(PromotionRow row, CancellationToken cancellationToken)
    {
        if (Deployer() is not { } deployer)
            return row with { State = PromotionState.Deployed, Detail = "no model deployer in this host: no traffic moved" };
        try
        {
            var former = await deployer.DeployAsync(row.Result!.Value, row.Options.TrafficShare, Reason(row), cancellationToken).ConfigureAwait(false);
            return row with { State = PromotionState.Deployed, FormerTraffic = former, TrafficKnown = true, Detail = $"{row.Result} has {row.Options.TrafficShare:0.###} of the traffic" };
        }
        catch (MlOpsException error) when (error is not (StorageException or OverloadedException))
        {
            return row with { State = PromotionState.RolledBack, Detail = $"deployment failed, nothing moved: {error.Message}" };
        }
    }

    private async ValueTask<PromotionRow> MoveAliasAsync(PromotionRow row, CancellationToken cancellationToken)
    {
        try
        {
            var current = await Registry().FindAsync(row.Version.Model, row.Alias, cancellationToken).ConfigureAwait(false);
            if (current?.Ref != row.Result)
                await Registry().SetAliasAsync(row.Result!.Value, row.Alias, Reason(row), row.FormerAlias, cancellationToken).ConfigureAwait(false);
            return row with { State = PromotionState.Completed, Detail = $"{row.Alias} is {row.Result}" };
        }
        catch (ConcurrencyConflictException error)
        {
            // The traffic of a promotion that lost the race goes back; the winner's alias stays.
            return row with { State = PromotionState.RollingBack, Detail = $"'{row.Alias}' moved while this promotion was going on: {error.Message}" };
        }
    }

    private async ValueTask<PromotionRow> RollBackAsync(PromotionRow row, CancellationToken cancellationToken)
    {
        var notes = new List<string> { row.Detail };
        var current = await Registry().FindAsync(row.Version.Model, row.Alias, cancellationToken).ConfigureAwait(false);
        if (current is not null && current.Ref == row.Result)
        {
            try
            {
                var reason = $"roll back of promotion {row.Id}: {row.Detail}";
                if (row.FormerAlias > 0)
                    await Registry().SetAliasAsync(new ModelVersionRef(row.Version.Model, row.FormerAlias), row.Alias, reason, row.Result!.Value.Version, cancellationToken).ConfigureAwait(false);
                else
                    await Registry().RemoveAliasAsync(row.Version.Model, row.Alias, reason, row.Result!.Value.Version, cancellationToken).ConfigureAwait(false);
                notes.Add(row.FormerAlias > 0 ? $"{row.Alias} is {row.FormerAlias} again" : $"{row.Alias} is removed again");
            }
            catch (ConcurrencyConflictException)
            {
                notes.Add($"{row.Alias} was moved by somebody else and stays");
            }
            catch (ModelNotFoundException gone) when (row.FormerAlias > 0)
            {
                notes.Add($"{row.Alias} stays, since what it pointed at before is gone: {gone.Message}");
            }
        }

        if (row.TrafficKnown && Deployer() is { } deployer)
        {
            try
            {
                await deployer.RestoreAsync(row.Version.Model, row.FormerTraffic, $"roll back of promotion {row.Id}: {row.Detail}", cancellationToken).ConfigureAwait(false);
                notes.Add("traffic is as before");
            }
            catch (ModelNotFoundException gone)
            {
                notes.Add($"traffic stays, since what served before is gone: {gone.Message}");
            }
        }

        return row with { State = PromotionState.RolledBack, Detail = string.Join("; ", notes.Where(note => note.Length > 0)) };
    }

    private static string Reason(PromotionRow row) => $"promotion {row.Id} of {row.Source}/{row.Version}{(row.Options.Reason.Length > 0 ? ": " + row.Options.Reason : "")}";
}
