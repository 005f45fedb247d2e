namespace MlOps.Features;

/// <summary>
/// What an environment has ever seen of views, features, services and entities, also those of other hosts and of older versions. Every answer
/// holds only what is shared with the caller; what is not shared does not exist for the caller. Thread-safe.
/// </summary>
public interface IFeatureCatalogue
{
    /// <summary>Searches features, views, services and entities.</summary>
    /// <param name="query">What to look for.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>A page of what was found.</returns>
    /// <exception cref="InvalidInputException">Skip or Take is out of range.</exception>
    ValueTask<FeaturePage> SearchAsync(FeatureQuery query, CancellationToken cancellationToken = default);

    /// <summary>A view with its features.</summary>
    /// <param name="view">The view's name.</param>
    /// <param name="version">The version; the newest when left out.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The view.</returns>
    /// <exception cref="NotFoundException">There is no such view or version.</exception>
    ValueTask<CatalogueView> GetViewAsync(string view, int? version = null, CancellationToken cancellationToken = default);

    /// <summary>A feature.</summary>
    /// <param name="view">The view's name.</param>
    /// <param name="feature">The feature's name within the view.</param>
    /// <param name="version">The version; the newest when left out.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The feature.</returns>
    /// <exception cref="NotFoundException">There is no such view, version or feature.</exception>
    ValueTask<CatalogueFeature> GetFeatureAsync(string view, string feature, int? version = null, CancellationToken cancellationToken = default);

    /// <summary>A service.</summary>
    /// <param name="service">Its name, for what is declared now, or its identity <c>name@hash</c>.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The service.</returns>
    /// <exception cref="NotFoundException">There is no such service.</exception>
    ValueTask<CatalogueService> GetServiceAsync(string service, CancellationToken cancellationToken = default);

    /// <summary>The entities, by name.</summary>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The entities.</returns>
    ValueTask<IReadOnlyList<CatalogueEntity>> GetEntitiesAsync(CancellationToken cancellationToken = default);

    /// <summary>The versions of a view, the newest first.</summary>
    /// <param name="view">The view's name.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The versions.</returns>
    /// <exception cref="NotFoundException">There is no such view.</exception>
    ValueTask<IReadOnlyList<CatalogueVersion>> GetVersionsAsync(string view, CancellationToken cancellationToken = default);

    /// <summary>What changed between two versions of a view.</summary>
    /// <param name="view">The view's name.</param>
    /// <param name="from">The one version.</param>
    /// <param name="to">The other version.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The differences.</returns>
    /// <exception cref="NotFoundException">There is no such view or version.</exception>
    ValueTask<CatalogueComparison> CompareAsync(string view, int from, int to, CancellationToken cancellationToken = default);

    /// <summary>What was recorded and changed of a view, the newest first.</summary>
    /// <param name="view">The view's name.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The entries, at most 1,000.</returns>
    /// <exception cref="NotFoundException">There is no such view.</exception>
    ValueTask<IReadOnlyList<CatalogueChange>> GetHistoryAsync(string view, CancellationToken cancellationToken = default);

    /// <summary>What was recorded and changed of a service, the newest first.</summary>
    /// <param name="service">The service's name.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The entries, at most 1,000.</returns>
    /// <exception cref="NotFoundException">There is no such service.</exception>
    ValueTask<IReadOnlyList<CatalogueChange>> GetServiceHistoryAsync(string service, CancellationToken cancellationToken = default);

    /// <summary>Which services, model versions, runs, frames and endpoints use a feature, of any version of its view.</summary>
    /// <param name="view">The view's name.</param>
    /// <param name="feature">The feature's name within the view.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The usage.</returns>
    /// <exception cref="NotFoundException">There is no such view or feature.</exception>
    ValueTask<FeatureUsage> GetUsageAsync(string view, string feature, CancellationToken cancellationToken = default);

    /// <summary>Which features went into something: a model version, a run, a training frame, an endpoint, a prediction.</summary>
    /// <param name="node">The thing.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The features, of the services that the caller may see.</returns>
    ValueTask<IReadOnlyList<FeatureReference>> GetFeaturesOfAsync(LineageNode node, CancellationToken cancellationToken = default);

    /// <summary>Computes the statistics of every feature of a view that this host declares, over its whole offline store, and keeps them.</summary>
    /// <param name="view">The view's name.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The statistics of the features that the caller may see.</returns>
    /// <exception cref="NotFoundException">The host declares no such view.</exception>
    ValueTask<IReadOnlyList<FeatureStatistics>> ComputeStatisticsAsync(string view, CancellationToken cancellationToken = default);

    /// <summary>The statistics of a feature as they were computed, the newest first.</summary>
    /// <param name="view">The view's name.</param>
    /// <param name="feature">The feature's name within the view.</param>
    /// <param name="version">The version; the newest when left out.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The statistics, the newest ten.</returns>
    /// <exception cref="NotFoundException">There is no such view, version or feature.</exception>
    ValueTask<IReadOnlyList<FeatureStatistics>> GetStatisticsAsync(string view, string feature, int? version = null, CancellationToken cancellationToken = default);
}
