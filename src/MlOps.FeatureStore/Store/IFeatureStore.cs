using MlOps.Features;

namespace MlOps;

/// <summary>The feature store of one environment: history offline, the newest state online, both from one definition. Thread-safe.</summary>
public partial interface IFeatureStore
{
    /// <summary>The views that the host declares.</summary>
    IReadOnlyList<FeatureView> Views { get; }

    /// <summary>The services that the host declares.</summary>
    IReadOnlyList<FeatureService> Services { get; }

    /// <summary>Checks the definitions against the catalogue, records new ones, sweeps what crashes left behind. Other calls do it when needed.</summary>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>A task that ends when the store is ready.</returns>
    /// <exception cref="InvalidDefinitionException">A definition changed under the same version, or a service names what is not there.</exception>
    ValueTask EnsureReadyAsync(CancellationToken cancellationToken = default);

    /// <summary>Adds a batch of rows to the offline store, durably, whole or not at all, once per batch key.</summary>
    /// <param name="view">The view's name.</param>
    /// <param name="rows">The rows: the columns that the view reads, others are ignored.</param>
    /// <param name="batchKey">Names the batch within the view, for instance <c>flights/2001-01</c>.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>What became of it.</returns>
    /// <exception cref="InvalidInputException">A column is missing or of a wrong type, a key or time is null, a value is out of range, or the key was used for a batch of another size.</exception>
    ValueTask<IngestResult> IngestAsync(string view, DataFrame rows, string batchKey, CancellationToken cancellationToken = default);

    /// <summary>Joins a service's features to a spine as they were at each row's moment: exactly one row per spine row, in spine order.</summary>
    /// <param name="spine">Keys and moments, and whatever else, which stays.</param>
    /// <param name="timeColumn">The spine's column of moments, never null.</param>
    /// <param name="service">The feature service.</param>
    /// <param name="options">Which clock; the default sees only what was known at the moment.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The spine with one column per feature, of the feature's type: a float without a value is NaN, anything else null.</returns>
    ValueTask<DataFrame> GetTrainingFrameAsync(
        DataFrame spine, string timeColumn, string service, TrainingFrameOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Brings the views of a service online as known at a moment. Safe to repeat: what is there already is not added again.</summary>
    /// <param name="service">The feature service.</param>
    /// <param name="upTo">Rows available up to here.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellationToken">Cancels between views.</param>
    /// <returns>One result per view.</returns>
    ValueTask<IReadOnlyList<MaterializeResult>> MaterializeAsync(
        string service, Timestamp upTo, MaterializeOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Applies rows to a view's online state, durably, once per source and offset.</summary>
    /// <param name="view">The view's name.</param>
    /// <param name="rows">The rows, as for <see cref="IngestAsync"/>.</param>
    /// <param name="source">Whose offsets these are, for instance a topic and partition.</param>
    /// <param name="offset">Grows with every push of the source; a push that is not beyond the last one is a repetition and does nothing.</param>
    /// <param name="cancellationToken">Cancels before the write.</param>
    /// <returns>What became of it, after it is durable and readable.</returns>
    ValueTask<PushResult> PushAsync(string view, DataFrame rows, string source, long offset, CancellationToken cancellationToken = default);

    /// <summary>Opens a service's online features for look-ups by key.</summary>
    /// <param name="service">The feature service.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The source; keep it, it always reads the newest state.</returns>
    ValueTask<IFeatureVectorSource> GetVectorSourceAsync(string service, CancellationToken cancellationToken = default);

    /// <summary>The names of a service's features in order, for instance <c>origin_delay_mean_24h</c>.</summary>
    /// <param name="service">The feature service.</param>
    /// <returns>The names.</returns>
    IReadOnlyList<string> FeatureNamesOf(string service);

    /// <summary>A service with the hash of its definitions: <c>name@hash</c>.</summary>
    /// <param name="service">The feature service.</param>
    /// <returns>The identity.</returns>
    string IdOf(string service);

    /// <summary>How a view stands.</summary>
    /// <param name="view">The view's name.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The status.</returns>
    ValueTask<FeatureViewStatus> GetStatusAsync(string view, CancellationToken cancellationToken = default);
}
