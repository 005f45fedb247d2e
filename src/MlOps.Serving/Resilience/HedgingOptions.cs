namespace MlOps.Serving;

/// <summary>Sends a request a second time when the first attempt is slow or fails; the first good answer wins and the other is dropped.</summary>
public sealed record HedgingOptions
{
    /// <summary>How long the first attempt may take before the second begins. Set it to about the 95th percentile of the endpoint's latency.</summary>
    /// <value>Range: 1 ms to one day.</value>
    public required TimeSpan Delay { get; init; }

    /// <summary>Where the second request goes.</summary>
    /// <value>Default: <see cref="HedgeTarget.SameVersion"/>.</value>
    public HedgeTarget Target { get; init; }

    internal void Validate(string endpoint)
    {
        if (Delay < TimeSpan.FromMilliseconds(1) || Delay > TimeSpan.FromDays(1))
            throw new InvalidDefinitionException($"Endpoint '{endpoint}': Hedging.Delay {Delay} is not allowed: use 1 ms to one day.");
        if (!Enum.IsDefined(Target))
            throw new InvalidDefinitionException($"Endpoint '{endpoint}': Hedging.Target {Target} is not one of {string.Join(", ", Enum.GetNames<HedgeTarget>())}.");
    }
}
