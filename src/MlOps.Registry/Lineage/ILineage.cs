namespace MlOps.Registry;

/// <summary>
/// The lineage of one environment as a graph, both ways: raw data, feature views, training frames, runs, versions, endpoints, predictions. It is
/// put together, when asked for, from what the engines recorded anyway, through the <see cref="ILineageSource"/>s of the environment. Thread-safe.
/// </summary>
public interface ILineage
{
    /// <summary>What a node was made from: for a prediction, all that went into the version that made it.</summary>
    /// <param name="node">The node.</param>
    /// <param name="options">How far; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The graph, without cycles; nodes stand in the order of their distance.</returns>
    /// <exception cref="ModelNotFoundException">The node names a model version that does not exist.</exception>
    ValueTask<LineageGraph> GetUpstreamAsync(LineageNode node, LineageOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>What was made of a node: for data, the versions that were trained on it and the endpoints that serve them.</summary>
    /// <param name="node">The node.</param>
    /// <param name="options">How far; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The graph, without cycles; nodes stand in the order of their distance.</returns>
    /// <exception cref="ModelNotFoundException">The node names a model version that does not exist.</exception>
    ValueTask<LineageGraph> GetDownstreamAsync(LineageNode node, LineageOptions? options = null, CancellationToken cancellationToken = default);
}
