namespace MlOps.Serving;

/// <summary>
/// When a ramp stops: the canary fails more, or is slower, than the stable version in the same step. <see cref="ITrafficGuard"/>s that the
/// host registers can stop it for other reasons, for instance its measured quality.
/// </summary>
public sealed record RampGuard
{
    /// <summary>How much larger the canary's share of failed and late answers may be than the stable version's.</summary>
    /// <value>Default: 0.02. Range: 0 to 1.</value>
    public double MaximumExtraFailures { get; init; } = 0.02;

    /// <summary>How many times the stable version's mean time the canary may take.</summary>
    /// <value>Default: null, no matter. Range: above 0.</value>
    public double? MaximumLatencyRatio { get; init; }

    /// <summary>Answers that the canary must have tried in a step before these two are compared.</summary>
    /// <value>Default: 100. Range: at least 1.</value>
    public long MinimumAnswers { get; init; } = 100;

    /// <summary>What becomes of the canary.</summary>
    /// <value>Default: <see cref="RampStop.RollBack"/>.</value>
    public RampStop OnStop { get; init; }

    internal void Validate()
    {
        if (!(MaximumExtraFailures is >= 0 and <= 1))
            throw new InvalidDefinitionException($"Ramp.Guard.MaximumExtraFailures {MaximumExtraFailures} is not allowed: it lies between 0 and 1.");
        if (MaximumLatencyRatio is { } ratio && !(ratio > 0 && double.IsFinite(ratio)))
            throw new InvalidDefinitionException($"Ramp.Guard.MaximumLatencyRatio {ratio} is not allowed: it is positive, or null.");
        if (MinimumAnswers < 1)
            throw new InvalidDefinitionException($"Ramp.Guard.MinimumAnswers {MinimumAnswers} is not allowed: it is at least 1.");
        if (!Enum.IsDefined(OnStop))
            throw new InvalidDefinitionException($"Ramp.Guard.OnStop {OnStop} is not one of {string.Join(", ", Enum.GetNames<RampStop>())}.");
    }
}
