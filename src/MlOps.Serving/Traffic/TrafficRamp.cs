namespace MlOps.Serving;

/// <summary>
/// How a canary grows. Every step is a revision of the endpoint's traffic of its own, so a ramp goes on where it stood after a restart, and
/// of several processes one takes each step. A ramp ends at its last step: with a share of 1 the canary serves alone, under its name.
/// </summary>
public sealed record TrafficRamp
{
    /// <summary>The steps in order; shares grow.</summary>
    public required IReadOnlyList<RampStep> Steps { get; init; }

    /// <summary>When the ramp stops by itself.</summary>
    public RampGuard Guard { get; init; } = new();

    /// <summary>The step it stands at, from 0.</summary>
    public int Step { get; init; }

    internal void Validate()
    {
        if (Steps.Count == 0)
            throw new InvalidDefinitionException("Ramp.Steps is empty: give at least one step.");
        if (Step < 0 || Step >= Steps.Count)
            throw new InvalidDefinitionException($"Ramp.Step {Step} is not allowed: there are {Steps.Count} steps, counted from 0.");
        for (var i = 0; i < Steps.Count; i++)
        {
            var step = Steps[i];
            if (!(step.Share is > 0 and <= 1))
                throw new InvalidDefinitionException($"Ramp.Steps[{i}].Share {step.Share} is not allowed: it lies above 0 and at most at 1.");
            if (i > 0 && step.Share <= Steps[i - 1].Share)
                throw new InvalidDefinitionException($"Ramp.Steps[{i}].Share {step.Share} is not allowed: it must be above the {Steps[i - 1].Share} of the step before.");
            if (step.Duration is { } duration && duration <= TimeSpan.Zero)
                throw new InvalidDefinitionException($"Ramp.Steps[{i}].Duration {duration} is not allowed: it is positive.");
            if (step.MinimumAnswers is < 1)
                throw new InvalidDefinitionException($"Ramp.Steps[{i}].MinimumAnswers {step.MinimumAnswers} is not allowed: it is at least 1.");
            if (step.Duration is null && step.MinimumAnswers is null && i < Steps.Count - 1)
                throw new InvalidDefinitionException($"Ramp.Steps[{i}] never ends: give it a Duration, MinimumAnswers, or both.");
        }

        if (Steps[0].Share == 1)
            throw new InvalidDefinitionException("Ramp.Steps[0].Share is 1: that is no ramp but a single version.");
        Guard.Validate();
    }
}
