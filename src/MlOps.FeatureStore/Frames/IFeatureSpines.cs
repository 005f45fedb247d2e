using MlOps.Features;

namespace MlOps;

/// <summary>
/// Spines from a view's own rows: frames of the view's keys, by the names of <see cref="FeatureView.Keys"/>, and a column <c>at</c> of moments.
/// Entities stand in the order of their keys. Thread-safe.
/// </summary>
public interface IFeatureSpines
{
    /// <summary>Every entity that a view knew at a moment, with that moment.</summary>
    /// <param name="view">The view.</param>
    /// <param name="moment">The moment.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>One row per entity.</returns>
    ValueTask<DataFrame> EntitiesAtAsync(string view, Timestamp moment, CancellationToken cancellationToken = default);

    /// <summary>Every entity that a view knew at a moment, with the event time of its newest row known then.</summary>
    /// <param name="view">The view.</param>
    /// <param name="moment">The moment; the end of time when null, for the newest row of all.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>One row per entity.</returns>
    ValueTask<DataFrame> LatestAsync(string view, Timestamp? moment = null, CancellationToken cancellationToken = default);

    /// <summary>Each row of a view whose event time lies in a range, by entity and time; rows that were replaced are left out.</summary>
    /// <param name="view">The view.</param>
    /// <param name="from">The first event time.</param>
    /// <param name="to">The last event time, inclusive.</param>
    /// <param name="batchRows">How many rows a frame holds, about: entities are not divided.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>Frames, which <see cref="IFeatureStore.GetTrainingFrameBatchesAsync"/> takes.</returns>
    IAsyncEnumerable<DataFrame> EventsAsync(string view, Timestamp from, Timestamp to, int batchRows = 1 << 16, CancellationToken cancellationToken = default);

    /// <summary>
    /// As <see cref="EventsAsync"/>, with all features of the view at the event time of each row: what joining that spine to the view gives, without
    /// looking up a key.
    /// </summary>
    /// <param name="view">The view.</param>
    /// <param name="from">The first event time.</param>
    /// <param name="to">The last event time, inclusive.</param>
    /// <param name="options">Which clock, lag and state of the store.</param>
    /// <param name="batchRows">How many rows a frame holds, about.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>Frames of keys, <c>at</c> and the view's features by their own names.</returns>
    IAsyncEnumerable<DataFrame> FeaturesAtEventsAsync(
        string view, Timestamp from, Timestamp to, TrainingFrameOptions? options = null, int batchRows = 1 << 16, CancellationToken cancellationToken = default);
}
