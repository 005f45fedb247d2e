namespace MlOps.Features;

/// <summary>What an audit compares, and when two values count as equal.</summary>
public sealed record SkewComparison
{
    /// <summary>
    /// Offline ingestion is complete up to here: requests until then are compared, later ones are pending. When null it is the newest
    /// availability in each view's offline store, which is right when batches arrive in order of availability.
    /// </summary>
    public Timestamp? OfflineUpTo { get; init; }

    /// <summary>Rows are in the offline store at the latest this long after they became known: an older request is compared in any case.</summary>
    /// <value>One day by default.</value>
    public TimeSpan Horizon { get; init; } = TimeSpan.FromDays(1);

    /// <summary>
    /// How much later than its availability a row may be served without being a fault: a value that was right at most so long before counts as
    /// <see cref="FeatureSkew.WithinLag"/>.
    /// </summary>
    /// <value>Zero by default.</value>
    public TimeSpan AllowedLag { get; init; } = TimeSpan.Zero;

    /// <summary>Features, by their names in the service, that may differ relatively by so much, such as sketches; all others must agree bit for bit.</summary>
    public IReadOnlyDictionary<string, double> Tolerances { get; init; } = new Dictionary<string, double>(StringComparer.Ordinal);

    /// <summary>Mismatches shown per feature.</summary>
    /// <value>5 by default.</value>
    public int Examples { get; init; } = 5;
}
