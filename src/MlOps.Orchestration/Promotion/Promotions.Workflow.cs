using Microsoft.Extensions.DependencyInjection;
using MlOps.Registry;

namespace MlOps.Orchestration;

internal sealed partial class Promotions
{
    // One state after the other. Each act can be repeated, and is followed by the commit of the state that it led to.
    private async Task WorkAsync(PromotionRow row)
    {
        // Whoever asked has passed the door; what follows is this engine's own work in both environments, recorded in their name.
        using var authority = _context.Caller.ActForProcess();
        using var work = new CancellationTokenSource();
        var heartbeat = HeartbeatAsync(row, work);
        try
        {
            while (true)
            {
                // The source's audit trail may lag by one transition, never by an act.
                await MirrorAsync(row).ConfigureAwait(false);
                if (row.EndedAt is not null)
                    return;
                var from = row.State;
                PromotionRow? next;
                try
                {
                    next = await StepAsync(row, work.Token).ConfigureAwait(false);
                }
                catch (MlOpsException error) when (error is not (StorageException or OverloadedException) && from < PromotionState.Deploying)
                {
                    // Nothing has moved yet, and the same would happen again.
                    next = Refuse(row, new GateResult("workflow", false, error.Message, "no failure"));
                }

                if (next is null)
                {
                    await _store.ReleaseAsync(row).ConfigureAwait(false);
                    return;
                }

                row = await _store.MoveAsync(next, from).ConfigureAwait(false);
                LogMoved(_logger, row.Id, row.Version, row.Source, row.State, row.Detail);
            }
        }
        catch (Exception error) when (error is LeaseLostException || (error is OperationCanceledException && work.IsCancellationRequested))
        {
            // Another host goes on with it.
        }
        finally
        {
            await work.CancelAsync().ConfigureAwait(false);
            await heartbeat.ConfigureAwait(false);
        }
    }

    /// <returns>The row as it shall be, or null when it has to wait.</returns>
    private async ValueTask<PromotionRow?> StepAsync(PromotionRow row, CancellationToken cancellationToken)
    {
        switch (row.State)
        {
            case PromotionState.Requested:
                return await JudgeStagedAsync(row, cancellationToken).ConfigureAwait(false);
            case PromotionState.GatesPassed:
                return Policy()?.Approvals is > 0 and var needed
                    ? row with { State = PromotionState.AwaitingApproval, Detail = $"{needed} approval{(needed == 1 ? "" : "s")} needed" }
                    : row with { State = PromotionState.Approved, Detail = "no approvals needed" };
            case PromotionState.AwaitingApproval:
                var approvals = await _store.ApprovalsAsync(row.Id, cancellationToken).ConfigureAwait(false);
                return approvals.Count >= (Policy()?.Approvals ?? int.MaxValue)
                    ? row with { State = PromotionState.Approved, Detail = $"approved by {string.Join(", ", approvals.Select(approval => approval.Approver))}" }
                    : null;
            case PromotionState.Approved:
                return row.Options.Strategy == PromotionStrategy.CopyModel
                    ? await CopyAsync(row, cancellationToken).ConfigureAwait(false)
                    : await RetrainAsync(row, cancellationToken).ConfigureAwait(false);
            case PromotionState.Copied:
            case PromotionState.Retrained:
                return await RegisterAsync(row, cancellationToken).ConfigureAwait(false);
            case PromotionState.Registered:
                return await VerifyAsync(row, cancellationToken).ConfigureAwait(false);
            case PromotionState.Verified:
                return await PrepareAsync(row, cancellationToken).ConfigureAwait(false);
            case PromotionState.Deploying:
                return await DeployAsync(row, cancellationToken).ConfigureAwait(false);
            case PromotionState.Deployed:
                return await MoveAliasAsync(row, cancellationToken).ConfigureAwait(false);
            case PromotionState.RollingBack:
                return await RollBackAsync(row, cancellationToken).ConfigureAwait(false);
            default:
                throw new InvalidOperationException($"Promotion {row.Id} is {row.State} and has nothing to do.");
        }
    }

    private async ValueTask<PromotionRow> JudgeStagedAsync(PromotionRow row, CancellationToken cancellationToken)
    {
        var staged = await StagedAsync(row, cancellationToken).ConfigureAwait(false);
        var champion = await ChampionAsync(row, cancellationToken).ConfigureAwait(false);
        var results = new List<GateResult>(await JudgeAsync(row, staged, row.Source, champion, cancellationToken).ConfigureAwait(false));
        if (row.Options.Strategy == PromotionStrategy.RetrainInTarget)
        {
            var (_, _, gate) = await PlanRetrainingAsync(row, staged, cancellationToken).ConfigureAwait(false);
            results.Add(Mark(gate, row.Source, staged, champion));
        }
        else if (await JudgeSignaturesAsync(staged, Environments()[row.Source].Get<IModelSignatures>(), cancellationToken).ConfigureAwait(false) is { } signed)
        {
            results.Add(Mark(signed, row.Source, staged, champion));
        }

        if (Deployer() is null && Policy() is { } policy && GateEvaluator.NeedsDeployment(policy))
        {
            results.Add(Mark(new GateResult("trial-load", false, "no model deployer in this host", "measured latency and size",
                "Add serving to this host, or remove the gates on latency, load time and size."), row.Source, staged, champion));
        }

        var judged = row with { Evidence = [.. row.Evidence, .. results], EvidenceChampion = champion?.Version ?? 0 };
        return results.Find(result => !result.Passed) is { } failed
            ? judged with { State = PromotionState.Refused, Detail = Summary(failed) }
            : judged with { State = PromotionState.GatesPassed, Detail = $"{results.Count} gate{(results.Count == 1 ? "" : "s")} passed" };
    }

    private async ValueTask<List<GateResult>> JudgeAsync(PromotionRow row, ModelVersion version, string environment, ModelVersion? champion, CancellationToken cancellationToken)
    {
        var results = GateEvaluator.Judge(Policy() ?? new EnvironmentPolicy(), version, champion).ToList();
        foreach (var gate in _services.GetKeyedServices<IPromotionGate>(_context.Name))
        {
            GateResult result;
            try
            {
                result = await gate.EvaluateAsync(new PromotionGateContext(new EnvironmentServices(_services, _context, null), version, champion), cancellationToken).ConfigureAwait(false);
            }
            catch (Exception error) when (error is not (OperationCanceledException or StorageException))
            {
                result = new GateResult(gate.Name, false, $"{error.GetType().Name}: {error.Message}", "an answer", "The gate itself failed.");
            }

            results.Add(result with { Gate = gate.Name });
        }

        return [.. results.Select(result => Mark(result, environment, version, champion))];
    }

    private async ValueTask<GateResult?> JudgeSignaturesAsync(ModelVersion version, IModelSignatures? signatures, CancellationToken cancellationToken)
    {
        if (_services.GetKeyedService<IModelAdmission>(_context.Name) is not { } admission)
            return null;
        var result = await admission.CheckAsync(version, SignaturePoints.Promotion, signatures, cancellationToken).ConfigureAwait(false);
        return result.Report is { } report
            ? new GateResult("signatures", result.Admitted,
                result.Admitted ? string.Join(", ", report.Signatures.Where(finding => finding.Accepted).Select(finding => finding.Signer).Distinct(StringComparer.Ordinal))
                    : report.Missing.Count > 0 ? $"missing {string.Join(" or ", report.Missing)}" : result.Message,
                result.Asked, result.Message)
            : null;
    }

    private GateResult Mark(GateResult result, string environment, ModelVersion version, ModelVersion? champion) => result with
    {
        Subject = $"{environment}/{version.Ref}@{version.Manifest.Digest}",
        Champion = champion is null ? null : $"{_context.Name}/{champion.Ref}@{champion.Manifest.Digest}",
    };

    private async ValueTask<PromotionRow> VerifyAsync(PromotionRow row, CancellationToken cancellationToken)
    {
        var version = await Registry().GetAsync(row.Result!.Value, cancellationToken).ConfigureAwait(false);
        var champion = await ChampionAsync(row, cancellationToken).ConfigureAwait(false);
        var results = new List<GateResult>();

        // A retrained model is another model: it passes the same gates. A copied one has passed them, unless the champion changed since.
        if (row.Options.Strategy == PromotionStrategy.RetrainInTarget || row.EvidenceChampion != (champion?.Version ?? 0))
            results.AddRange(await JudgeAsync(row, version, _context.Name, champion, cancellationToken).ConfigureAwait(false));
        // What was copied or retrained is what will serve: its own signatures count, and not those that somebody saw elsewhere.
        if (await JudgeSignaturesAsync(version, null, cancellationToken).ConfigureAwait(false) is { } signed)
            results.Add(Mark(signed, _context.Name, version, champion));
        var detail = "no model deployer in this host: not loaded";
        if (Deployer() is { } deployer)
        {
            var check = await deployer.VerifyAsync(version.Ref, cancellationToken).ConfigureAwait(false);
            detail = check.Message;
            results.AddRange(GateEvaluator.Judge(Policy() ?? new EnvironmentPolicy(), check).Select(result => Mark(result, _context.Name, version, champion)));
        }

        var judged = row with { Evidence = [.. row.Evidence, .. results], EvidenceChampion = champion?.Version ?? 0 };
        return results.Find(result => !result.Passed) is { } failed
            ? judged with { State = PromotionState.Refused, Detail = Summary(failed) }
            : judged with { State = PromotionState.Verified, Detail = detail };
    }

    private static PromotionRow Refuse(PromotionRow row, GateResult gate) => row with
    {
        State = PromotionState.Refused,
        Evidence = [.. row.Evidence, gate with { Subject = $"{row.Source}/{row.Version}@{row.Manifest}" }],
        Detail = Summary(gate),
    };

    private static string Summary(GateResult gate) => $"gate '{gate.Gate}' measured {gate.Measured}, and asks for {gate.Bound}";

    private async ValueTask<ModelVersion> StagedAsync(PromotionRow row, CancellationToken cancellationToken)
    {
        var staged = await Environments()[row.Source].Get<IModelRegistry>().GetAsync(row.Version, cancellationToken).ConfigureAwait(false);
        return staged.Manifest.Digest == row.Manifest ? staged : throw new CorruptDataException(
            $"{row.Source}/{row.Version} has the manifest {staged.Manifest.Digest}; the promotion was asked for {row.Manifest}. Promote again what is there now.");
    }

    private ValueTask<ModelVersion?> ChampionAsync(PromotionRow row, CancellationToken cancellationToken) =>
        Registry().FindAsync(row.Version.Model, ModelAliases.Champion, cancellationToken);

    private IModelRegistry Registry() => _services.GetRequiredKeyedService<IModelRegistry>(_context.Name);

    private IModelDeployer? Deployer() => _services.GetKeyedService<IModelDeployer>(_context.Name);

    private async Task HeartbeatAsync(PromotionRow row, CancellationTokenSource work)
    {
        while (!work.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(_options.LeaseDuration / 3, _context.Clock, work.Token).ConfigureAwait(false);
                if (await _store.RenewAsync(row, work.Token).ConfigureAwait(false))
                    continue;
                await work.CancelAsync().ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (work.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                // Commits are fenced, so a host that cannot prolong its lease does no harm.
                LogInterrupted(_logger, row.Id, error);
            }
        }
    }
}
