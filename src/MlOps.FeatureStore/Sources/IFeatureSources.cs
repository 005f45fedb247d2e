namespace MlOps.Features;

/// <summary>Brings rows into the offline store batch by batch, from anywhere. Thread-safe.</summary>
public interface IFeatureSources
{
    /// <summary>
    /// Adds all rows of a source in batches named <c>key/00001</c>, <c>key/00002</c> and so on. Each batch is checked whole, then committed,
    /// durably. After a crash or an error, the same call goes on where it stopped: batches that are there are recognised by key and content.
    /// </summary>
    /// <param name="view">The view's name.</param>
    /// <param name="source">The rows.</param>
    /// <param name="key">Names the ingestion within the view.</param>
    /// <param name="options">How large batches are, and what is told meanwhile.</param>
    /// <param name="cancellationToken">Cancels before the next commit; batches committed until then stay.</param>
    /// <returns>What was added and what was there.</returns>
    /// <exception cref="InvalidInputException">
    /// A row cannot be read (the message names file, line, column, value, remedy), or the source has changed since an earlier ingestion under this key.
    /// </exception>
    ValueTask<SourceResult> IngestAsync(string view, FeatureSource source, string key, SourceOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Takes from each declared source of a view what is new since the last time; see <see cref="FeatureViewBuilder.Source"/>.</summary>
    /// <param name="view">The view's name.</param>
    /// <param name="options">How large batches are, and what is told meanwhile.</param>
    /// <param name="cancellationToken">Cancels before the next commit; the next refresh goes on there.</param>
    /// <returns>What was added.</returns>
    /// <exception cref="InvalidDefinitionException">The view declares no source.</exception>
    /// <exception cref="InvalidInputException">A row cannot be read, or a file changed after it was taken.</exception>
    ValueTask<SourceResult> RefreshAsync(string view, SourceOptions? options = null, CancellationToken cancellationToken = default);
}
