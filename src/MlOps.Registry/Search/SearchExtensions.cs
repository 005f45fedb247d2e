using System.Runtime.CompilerServices;

namespace MlOps.Registry;

/// <summary>Short forms of the searches.</summary>
public static class SearchExtensions
{
    /// <summary>Searches runs by a filter text.</summary>
    /// <param name="experiments">The experiments.</param>
    /// <param name="filter">The filter, for instance <c>metrics.auc > 0.8 order by metrics.auc desc limit 10</c>.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The first page.</returns>
    public static ValueTask<RunPage> SearchRunsAsync(this IExperiments experiments, string filter, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(experiments);
        ArgumentNullException.ThrowIfNull(filter);
        return experiments.SearchRunsAsync(new RunQuery { Filter = filter }, cancellationToken);
    }

    /// <summary>Searches versions by a filter text.</summary>
    /// <param name="registry">The registry.</param>
    /// <param name="filter">The filter, for instance <c>model = 'churn' and metrics.auc > 0.8</c>.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The first page.</returns>
    public static ValueTask<VersionPage> SearchVersionsAsync(this IModelRegistry registry, string filter, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(registry);
        ArgumentNullException.ThrowIfNull(filter);
        return registry.SearchVersionsAsync(new VersionQuery { Filter = filter }, cancellationToken);
    }

    /// <summary>Searches models by a filter text.</summary>
    /// <param name="registry">The registry.</param>
    /// <param name="filter">The filter, for instance <c>name like 'churn%'</c>.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The first page.</returns>
    public static ValueTask<ModelPage> SearchModelsAsync(this IModelRegistry registry, string filter, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(registry);
        ArgumentNullException.ThrowIfNull(filter);
        return registry.SearchModelsAsync(new ModelQuery { Filter = filter }, cancellationToken);
    }

    /// <summary>All runs that match, read page by page.</summary>
    /// <param name="experiments">The experiments.</param>
    /// <param name="query">The query; its limit is the size of a page.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The runs in order.</returns>
    public static async IAsyncEnumerable<RunRecord> StreamRunsAsync(
        this IExperiments experiments, RunQuery query, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(experiments);
        ArgumentNullException.ThrowIfNull(query);
        var next = query;
        while (true)
        {
            var page = await experiments.SearchRunsAsync(next, cancellationToken).ConfigureAwait(false);
            foreach (var run in page.Runs)
                yield return run;
            if (page.NextCursor is null)
                yield break;
            next = query with { Cursor = page.NextCursor };
        }
    }

    /// <summary>All versions that match, read page by page.</summary>
    /// <param name="registry">The registry.</param>
    /// <param name="query">The query; its limit is the size of a page.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The versions in order.</returns>
    public static async IAsyncEnumerable<ModelVersion> StreamVersionsAsync(
        this IModelRegistry registry, VersionQuery query, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(registry);
        ArgumentNullException.ThrowIfNull(query);
        var next = query;
        while (true)
        {
            var page = await registry.SearchVersionsAsync(next, cancellationToken).ConfigureAwait(false);
            foreach (var version in page.Versions)
                yield return version;
            if (page.NextCursor is null)
                yield break;
            next = query with { Cursor = page.NextCursor };
        }
    }
}
