using MlOps.Monitoring;

namespace MlOps;

/// <summary>A decision about a canary and what it rests on.</summary>
/// <param name="Outcome">What was decided.</param>
/// <param name="Stable">The stable version's quality, or null.</param>
/// <param name="Canary">The canary's quality, or null.</param>
/// <param name="Difference">The canary's Brier score less the stable one's; negative is better.</param>
/// <param name="StandardError">The standard error of the difference.</param>
/// <param name="Reason">The decision in words.</param>
public sealed record CanaryDecision(CanaryOutcome Outcome, VersionQuality? Stable, VersionQuality? Canary, double Difference, double StandardError, string Reason);
