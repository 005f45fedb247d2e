namespace MlOps.Serving;

/// <summary>Scores many rows and answers look-ups from what was stored. A run's predictions are seen when it is complete, all at once. Thread-safe.</summary>
public interface IBatchScoring
{
    /// <summary>Scores frames into the prediction store. Killed at any moment, it goes on after its last commit when called again.</summary>
    /// <param name="job">What to score.</param>
    /// <param name="frames">The rows; the same in the same order when a run is resumed.</param>
    /// <param name="cancellationToken">Stops after the current commit.</param>
    /// <returns>What was done.</returns>
    /// <exception cref="InvalidInputException">A column is missing, or the rows are not those of the attempt that is resumed.</exception>
    ValueTask<BatchScoringResult> RunAsync(BatchScoringJob job, IAsyncEnumerable<DataFrame> frames, CancellationToken cancellationToken = default);

    /// <summary>Scores one frame into the prediction store.</summary>
    /// <param name="job">What to score.</param>
    /// <param name="frame">The rows.</param>
    /// <param name="cancellationToken">Stops after the current commit.</param>
    /// <returns>What was done.</returns>
    ValueTask<BatchScoringResult> RunAsync(BatchScoringJob job, DataFrame frame, CancellationToken cancellationToken = default);

    /// <summary>Scores frames without storing: each comes back with the columns <c>score</c>, or <c>score_0</c>, <c>score_1</c> and so on; null where a row failed.</summary>
    /// <param name="version">The model version.</param>
    /// <param name="frames">The rows, with the columns of the version's signature.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The frames in order.</returns>
    IAsyncEnumerable<DataFrame> ScoreAsync(ModelVersionRef version, IAsyncEnumerable<DataFrame> frames, CancellationToken cancellationToken = default);

    /// <summary>A stored prediction of the newest complete run, or null.</summary>
    /// <param name="job">The job's name.</param>
    /// <param name="key">The row's key.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The prediction or null.</returns>
    ValueTask<StoredPrediction?> FindAsync(string job, string key, CancellationToken cancellationToken = default);

    /// <summary>The stored predictions of many keys, all of one complete run.</summary>
    /// <param name="job">The job's name.</param>
    /// <param name="keys">The keys.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The predictions by key; keys without one are left out.</returns>
    ValueTask<IReadOnlyDictionary<string, StoredPrediction>> FindManyAsync(string job, IReadOnlyCollection<string> keys, CancellationToken cancellationToken = default);

    /// <summary>A stored prediction, or what the fallback gives.</summary>
    /// <param name="job">The job's name.</param>
    /// <param name="key">The row's key.</param>
    /// <param name="fallback">What to do for unknown keys and old predictions.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The prediction.</returns>
    /// <exception cref="NotFoundException">Nothing is stored and the fallback has no answer.</exception>
    ValueTask<StoredPrediction> GetAsync(string job, string key, PredictionFallback fallback, CancellationToken cancellationToken = default);
}
