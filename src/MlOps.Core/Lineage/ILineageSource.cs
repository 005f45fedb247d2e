namespace MlOps;

/// <summary>
/// Tells what an engine of an environment has recorded about where things came from and what became of them. Every engine that knows edges
/// registers one as a service keyed by the environment's name. An implementation needs nothing but its own tables. Thread-safe.
/// </summary>
public interface ILineageSource
{
    /// <summary>The edges of a node that this engine knows.</summary>
    /// <param name="node">The node; of a kind that the engine does not know, the answer is empty.</param>
    /// <param name="direction">Upstream: edges that end at the node. Downstream: edges that begin there.</param>
    /// <param name="limit">At most so many edges, the newest first where there is an order.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The edges.</returns>
    ValueTask<IReadOnlyList<LineageEdge>> GetEdgesAsync(
        LineageNode node, LineageDirection direction, int limit, CancellationToken cancellationToken = default);

    /// <summary>
    /// Whether the current caller may know of a node that this engine keeps, by rules finer than permissions. A node that one engine hides is left
    /// out of every graph, also where another engine names it.
    /// </summary>
    /// <param name="node">The node.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>False to hide it; true by default, and for nodes of a kind that the engine does not keep.</returns>
    ValueTask<bool> IsVisibleAsync(LineageNode node, CancellationToken cancellationToken = default) => new(true);
}
