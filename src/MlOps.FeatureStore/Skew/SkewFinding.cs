namespace MlOps.Features;

/// <summary>The cause of one feature's mismatches.</summary>
/// <param name="Cause">The class.</param>
/// <param name="Evidence">What speaks for it, with the figure found: the factor, the delay, the other feature, the keys.</param>
/// <param name="Explained">The share of the examined mismatches that it predicts, 0 to 1.</param>
/// <param name="Examined">How many mismatches were examined.</param>
public sealed record SkewFinding(SkewCause Cause, string Evidence, double Explained, int Examined)
{
    /// <summary>The delay or shift found, where the cause has one: late data and caches forward, a clock behind negative.</summary>
    public TimeSpan? Shift { get; init; }

    /// <summary>The factor found, where the cause has one.</summary>
    public double? Factor { get; init; }

    /// <summary>The feature whose values were served instead, where the cause has one.</summary>
    public string? Other { get; init; }
}
