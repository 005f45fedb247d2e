namespace MlOps.Serving;

/// <summary>
/// When the circuit of a model version opens: requests go to the fall-backs at once, until probes succeed. Failures are runs that failed
/// or timed out; invalid input, full queues and requests that came too late count neither way.
/// </summary>
public sealed record CircuitOptions
{
    /// <summary>The share of failures within <see cref="Window"/> that opens it.</summary>
    /// <value>Default: 0.5. Range: above 0, at most 1.</value>
    public double FailureShare { get; init; } = 0.5;

    /// <summary>Requests within <see cref="Window"/> before the share counts.</summary>
    /// <value>Default: 10. Range: 2 to 10,000.</value>
    public int MinimumRequests { get; init; } = 10;

    /// <summary>The window that failures are counted in.</summary>
    /// <value>Default: 10 s. Range: 0.5 s to one day.</value>
    public TimeSpan Window { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long it stays open before one request is let through as a probe: a success closes it, a failure opens it again.</summary>
    /// <value>Default: 5 s. Range: 0.5 s to one day.</value>
    public TimeSpan Pause { get; init; } = TimeSpan.FromSeconds(5);

    internal void Validate(string endpoint)
    {
        if (!(FailureShare is > 0 and <= 1))
            throw new InvalidDefinitionException($"Endpoint '{endpoint}': Circuit.FailureShare {FailureShare} is not allowed: it lies above 0 and at most at 1.");
        if (MinimumRequests is < 2 or > 10_000)
            throw new InvalidDefinitionException($"Endpoint '{endpoint}': Circuit.MinimumRequests {MinimumRequests} is not allowed: use 2 to 10,000.");
        foreach (var (name, value) in new[] { (nameof(Window), Window), (nameof(Pause), Pause) })
        {
            if (value < TimeSpan.FromSeconds(0.5) || value > TimeSpan.FromDays(1))
                throw new InvalidDefinitionException($"Endpoint '{endpoint}': Circuit.{name} {value} is not allowed: use 0.5 s to one day.");
        }
    }
}
