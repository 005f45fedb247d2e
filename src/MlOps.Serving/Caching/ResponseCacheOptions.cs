namespace MlOps.Serving;

/// <summary>Keeps answers to inputs that come again and again. Each model version has a cache of its own, so an answer never outlives its version.</summary>
public sealed record ResponseCacheOptions
{
    /// <summary>Answers kept per model version.</summary>
    /// <value>Default: 0, no cache.</value>
    public int Capacity { get; init; }

    /// <summary>How long an answer may be given again.</summary>
    /// <value>Default: null, as long as its version serves.</value>
    public TimeSpan? TimeToLive { get; init; }

    /// <summary>
    /// How close features must be to count as the same input: each is rounded to a multiple of this for the comparison, so that two inputs
    /// with the same answer differ by less than this in every feature. The answer is the one computed for the first of them.
    /// </summary>
    /// <value>Default: 0, every bit must agree.</value>
    public float Quantum { get; init; }

    internal void Validate(string subject)
    {
        if (Capacity is < 0 or > 1 << 24)
            throw new InvalidDefinitionException($"{subject}: Cache.Capacity {Capacity} is not allowed: use 0 (off) to {1 << 24}.");
        if (TimeToLive is { } wait && wait <= TimeSpan.Zero)
            throw new InvalidDefinitionException($"{subject}: Cache.TimeToLive {wait} is not allowed: it is positive, or left out.");
        if (!float.IsFinite(Quantum) || Quantum < 0)
            throw new InvalidDefinitionException($"{subject}: Cache.Quantum {Quantum} is not allowed: it is 0 or positive.");
    }
}
