using System.Globalization;
using MathNet.Numerics;
using MlOps.Monitoring;
using MlOps.Registry;
using MlOps.Serving;

namespace MlOps;

/// <summary>Decides about canaries by the quality that monitoring measured.</summary>
public static class CanaryEnvironmentExtensions
{
    /// <summary>
    /// Compares the canary of an endpoint with its stable version over the outcomes of a window, and gives all traffic to the one that
    /// is proved. Both a promotion and a roll-back are audited. Safe to repeat: an endpoint without canary is left alone.
    /// </summary>
    /// <param name="environment">The environment.</param>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="from">The window's begin, included.</param>
    /// <param name="to">The window's end, not included.</param>
    /// <param name="rule">When a canary has proved itself; null for the default rule.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The decision.</returns>
    public static async ValueTask<CanaryDecision> DecideCanaryAsync(
        this IMlOpsEnvironment environment, string endpoint, Timestamp from, Timestamp to, CanaryRule? rule = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(environment);
        rule ??= new CanaryRule();
        if (rule.Confidence is not (> 0.5 and < 1) || rule.Margin is not (>= 0 and < 1))
            throw new InvalidDefinitionException($"The canary rule is wrong: Confidence is {rule.Confidence} (use 0.5 to 1), Margin is {rule.Margin} (use 0 to 1).");
        var traffic = await environment.Endpoints[endpoint].GetTrafficAsync(cancellationToken).ConfigureAwait(false);
        var canaryShare = traffic?.Shares.FirstOrDefault(share => share.Variant == TrafficPolicy.CanaryVariant);
        var stableShare = traffic?.Shares.FirstOrDefault(share => share.Variant == TrafficPolicy.Stable);
        if (canaryShare is null || stableShare is null)
            return new CanaryDecision(CanaryOutcome.NoCanary, null, null, 0, 0, "The endpoint has no canary.");

        var quality = await environment.Monitors.CheckQualityAsync(endpoint, from, to, cancellationToken).ConfigureAwait(false);
        var decision = Judge(quality.Of(stableShare.Version), quality.Of(canaryShare.Version), rule);
        if (decision.Outcome == CanaryOutcome.Promoted)
        {
            // The alias first: killed in between, the next call finds the canary still there and decides again.
            await environment.Models.SetAliasAsync(canaryShare.Version, ModelAliases.Champion, decision.Reason, cancellationToken: cancellationToken).ConfigureAwait(false);
            await environment.Endpoints[endpoint].SetTrafficAsync(TrafficPolicy.Single(canaryShare.Version), decision.Reason, cancellationToken: cancellationToken).ConfigureAwait(false);
        }
        else if (decision.Outcome == CanaryOutcome.RolledBack)
        {
            await environment.Endpoints[endpoint].SetTrafficAsync(TrafficPolicy.Single(stableShare.Version), decision.Reason, cancellationToken: cancellationToken).ConfigureAwait(false);
        }

        return decision;
    }

    internal static CanaryDecision Judge(VersionQuality? stable, VersionQuality? canary, CanaryRule rule)
    {
        if (stable is null || canary is null || canary.Rows < rule.MinimumRows || stable.Rows < rule.MinimumRows)
        {
            return new CanaryDecision(CanaryOutcome.Waiting, stable, canary, double.NaN, double.NaN,
                Text($"{canary?.Rows ?? 0} outcomes for the canary, {stable?.Rows ?? 0} for the stable version; {rule.MinimumRows} are needed."));
        }

        var difference = canary.Brier - stable.Brier;
        var error = Math.Sqrt(canary.BrierStandardError * canary.BrierStandardError + stable.BrierStandardError * stable.BrierStandardError);
        var reach = Math.Sqrt(2) * SpecialFunctions.ErfInv(2 * rule.Confidence - 1) * error;
        var measured = Text($"Brier {canary.Brier:F4} against {stable.Brier:F4}, difference {difference:F4} ± {reach:F4}");
        if (difference + reach < rule.Margin)
            return new CanaryDecision(CanaryOutcome.Promoted, stable, canary, difference, error, Text($"{measured}: not worse by {rule.Margin}."));
        if (difference - reach > 0 || rule.RollBackWhenUndecided)
            return new CanaryDecision(CanaryOutcome.RolledBack, stable, canary, difference, error, Text($"{measured}: {(difference - reach > 0 ? "worse" : "not proved within the window")}."));
        return new CanaryDecision(CanaryOutcome.Waiting, stable, canary, difference, error, Text($"{measured}: not decided yet."));
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
