namespace MlOps;

public partial interface IFeatureStore
{
    /// <summary>
    /// What a view's features hold: each as it was known at the moment of a stored row, with the keys and the event times. Show it with
    /// <see cref="DataProfile.ToHtml"/>.
    /// </summary>
    /// <param name="view">The view's name.</param>
    /// <param name="options">How thoroughly; null means the defaults.</param>
    /// <param name="maxRows">Views with more rows are profiled by so many, evenly spaced.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The profile.</returns>
    ValueTask<DataProfile> ProfileAsync(string view, DataProfileOptions? options = null, int maxRows = 1_000_000, CancellationToken cancellationToken = default);
}
