namespace MlOps.Features;

/// <summary>What the audit needs of the store beyond its public operations.</summary>
internal interface ISkewStore : IFeatureStore
{
    EnvironmentContext Context { get; }

    /// <summary>A service whose values are shared with the caller.</summary>
    BoundService Bound(string service);

    /// <summary>All services, whatever is shared with the caller.</summary>
    IReadOnlyCollection<BoundService> AllServices { get; }

    /// <summary>Whether the values of a service are shared with the caller.</summary>
    bool SeesValues(string service);

    /// <summary>Refuses a caller with whom not the whole view is shared.</summary>
    void RequireWhole(string view);

    OnlineMarks MarksOf(string view);

    /// <summary>Opens a view's history for recomputation under several hypotheses.</summary>
    ValueTask<ISkewHistory> OpenHistoryAsync(FeatureView view, CancellationToken cancellationToken);
}
