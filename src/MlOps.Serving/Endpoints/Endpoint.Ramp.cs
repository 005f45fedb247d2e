using System.Globalization;

namespace MlOps.Serving;

/// <summary>Moves a canary's ramp on. The step is in the stored traffic and its begin is the revision's time, so that nothing else needs to survive a restart.</summary>
internal sealed partial class Endpoint
{
    private async ValueTask RampAsync(EndpointState state, CancellationToken cancellationToken)
    {
        var ramp = state.Policy.Ramp!;
        var report = await ReportAsync(state, cancellationToken).ConfigureAwait(false);
        if (await StopReasonAsync(report, ramp.Guard, cancellationToken).ConfigureAwait(false) is { } reason)
        {
            var (stable, canary) = (state.Policy.Shares[0].Version, state.Policy.Shares[1].Version);
            var next = ramp.Guard.OnStop == RampStop.RollBack ? TrafficPolicy.Single(stable) with { Shadow = state.Policy.Shadow } : state.Policy with { Ramp = null };
            if (await StepAsync(state, next, $"ramp stopped: {reason}", cancellationToken).ConfigureAwait(false))
                LogRampStopped(_logger, Name, canary, reason);
            return;
        }

        if (!IsOver(ramp.Steps[ramp.Step], report))
            return;
        var share = state.Policy.Shares[1];
        if (ramp.Step == ramp.Steps.Count - 1)
        {
            if (ramp.Steps[ramp.Step] is { Duration: not null } or { MinimumAnswers: not null })
                await StepAsync(state, state.Policy with { Ramp = null }, "ramp finished", cancellationToken).ConfigureAwait(false);
            return;
        }

        var step = ramp.Steps[ramp.Step + 1];
        var policy = step.Share < 1
            ? TrafficPolicy.Canary(state.Policy.Shares[0].Version, share.Version, ramp with { Step = ramp.Step + 1 })
            : TrafficPolicy.Single(share.Version);
        var why = string.Create(CultureInfo.InvariantCulture, $"ramp step {ramp.Step + 2} of {ramp.Steps.Count}: share {step.Share}");
        if (await StepAsync(state, policy with { Shadow = state.Policy.Shadow }, why, cancellationToken).ConfigureAwait(false))
            LogRamp(_logger, Name, share.Version, ramp.Step + 2, step.Share);
    }

    // Another process, or a person, may have changed the traffic meanwhile: then this step is not ours.
    private async ValueTask<bool> StepAsync(EndpointState state, TrafficPolicy policy, string reason, CancellationToken cancellationToken)
    {
        try
        {
            using var authority = context.Caller.ActForProcess();
            await ChangeAsync(document => document.Next(policy), policy, reason, state.Row.Revision, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (ConcurrencyConflictException)
        {
            return false;
        }
    }

    private bool IsOver(RampStep step, TrafficReport report)
    {
        if (step.Duration is { } duration && context.Clock.GetUtcNow() - report.Since.ToDateTimeOffset() < duration)
            return false;
        return step.MinimumAnswers is not { } answers || report.Variants[1].Answers >= answers;
    }

    private async ValueTask<string?> StopReasonAsync(TrafficReport report, RampGuard guard, CancellationToken cancellationToken)
    {
        var (stable, canary) = (report.Variants[0], report.Variants[1]);
        if (canary.Answers + canary.Failures >= guard.MinimumAnswers)
        {
            if (canary.FailureShare - stable.FailureShare > guard.MaximumExtraFailures)
                return string.Create(CultureInfo.InvariantCulture, $"{canary.FailureShare:P2} of the canary's requests failed against {stable.FailureShare:P2} of the stable version's (at most {guard.MaximumExtraFailures:P2} more are allowed)");
            if (guard.MaximumLatencyRatio is { } ratio && stable.Answers > 0 && canary.MeanLatency > stable.MeanLatency * ratio)
                return string.Create(CultureInfo.InvariantCulture, $"the canary takes {canary.MeanLatency.TotalMilliseconds:0.###} ms against {stable.MeanLatency.TotalMilliseconds:0.###} ms (at most {ratio} times is allowed)");
        }

        foreach (var other in Guards)
        {
            if (await other.CheckAsync(report, cancellationToken).ConfigureAwait(false) is { } reason)
                return reason;
        }

        return null;
    }
}
