using MlOps.Features;

namespace MlOps;

public partial interface IFeatureStore
{
    /// <summary>Training frames that are kept, by content.</summary>
    ITrainingFrames Frames { get; }

    /// <summary>Spines made from the store's own rows, for when there is no entity frame.</summary>
    IFeatureSpines Spines { get; }

    /// <summary>
    /// Joins a service's features to a spine that comes in batches, with one state of the store for all of them; see <see cref="GetTrainingFrameAsync"/>.
    /// No more than one batch and its answer are held at a time.
    /// </summary>
    /// <param name="spine">The spine's batches.</param>
    /// <param name="timeColumn">The spine's column of moments, never null.</param>
    /// <param name="service">The feature service.</param>
    /// <param name="options">Which clock, lag and state of the store.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>One frame for each batch, in order.</returns>
    IAsyncEnumerable<DataFrame> GetTrainingFrameBatchesAsync(
        IAsyncEnumerable<DataFrame> spine, string timeColumn, string service, TrainingFrameOptions? options = null, CancellationToken cancellationToken = default);
}
