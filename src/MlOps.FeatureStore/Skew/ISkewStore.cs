namespace MlOps.Features;

/// <summary>What the audit needs of the store beyond its public operations.</summary>
internal interface ISkewStore : IFeatureStore
{
    EnvironmentContext Context { get; }

    BoundService Bound(string service);

    OnlineMarks MarksOf(string view);

    /// <summary>Opens a view's history for recomputation under several hypotheses.</summary>
    ValueTask<ISkewHistory> OpenHistoryAsync(FeatureView view, CancellationToken cancellationToken);
}
