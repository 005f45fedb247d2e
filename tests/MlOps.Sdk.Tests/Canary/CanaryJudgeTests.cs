using MlOps.Monitoring;

namespace MlOps.Hosting;

public sealed class CanaryJudgeTests
{
    // One-sided 95 % of a normal distribution: 1.6449 standard errors; the errors of both add to 0.00141.
    [Theory]
    [InlineData(0.150, 0.150, 0.001, CanaryOutcome.Promoted)]
    [InlineData(0.150, 0.157, 0.001, CanaryOutcome.Promoted)]
    [InlineData(0.150, 0.158, 0.001, CanaryOutcome.RolledBack)]
    [InlineData(0.150, 0.190, 0.001, CanaryOutcome.RolledBack)]
    [InlineData(0.150, 0.152, 0.010, CanaryOutcome.Waiting)]
    [InlineData(0.150, 0.120, 0.010, CanaryOutcome.Promoted)]
    public void Judge_ByTheConfidenceOfTheDifference_Decides(double stable, double canary, double error, CanaryOutcome outcome) =>
        CanaryEnvironmentExtensions.Judge(Quality(stable, error), Quality(canary, error), new CanaryRule()).Outcome.Should().Be(outcome);

    [Fact]
    public void Judge_WhatStaysUndecided_IsRolledBackWhereTheRuleSaysSo()
    {
        var decision = CanaryEnvironmentExtensions.Judge(Quality(0.15, 0.01), Quality(0.152, 0.01), new CanaryRule { RollBackWhenUndecided = true });

        decision.Outcome.Should().Be(CanaryOutcome.RolledBack);
        decision.Reason.Should().Contain("not proved within the window").And.Contain("0.1520 against 0.1500");
        decision.StandardError.Should().BeApproximately(0.014142, 1e-6);
    }

    [Theory]
    [InlineData(499, 10_000)]
    [InlineData(10_000, 499)]
    [InlineData(0, 10_000)]
    public void Judge_WithTooFewOutcomesOfEither_Waits(int canary, int stable)
    {
        var decision = CanaryEnvironmentExtensions.Judge(
            Quality(0.2, 0.001) with { Rows = stable }, canary == 0 ? null : Quality(0.1, 0.001) with { Rows = canary }, new CanaryRule { RollBackWhenUndecided = true });

        decision.Outcome.Should().Be(CanaryOutcome.Waiting);
        decision.Reason.Should().Contain($"{canary} outcomes for the canary").And.Contain("500 are needed");
    }

    [Fact]
    public void Judge_OfUnmeasurableQuality_NeverPromotes() =>
        CanaryEnvironmentExtensions.Judge(Quality(0.15, 0.001), Quality(double.NaN, double.NaN), new CanaryRule()).Outcome.Should().NotBe(CanaryOutcome.Promoted);

    private static VersionQuality Quality(double brier, double error) => new("churn:1", "stable", 1000, 0, 0.2, 0.7, 0.4, brier, error);
}
