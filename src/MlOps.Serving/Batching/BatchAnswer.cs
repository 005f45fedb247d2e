namespace MlOps.Serving;

/// <summary>
/// How a row ended; its scores are in the caller's memory when it ended well. One reference and no more, because a value task of a larger
/// one is copied about in pieces at each wait; only what did not end well allocates.
/// </summary>
internal readonly record struct BatchAnswer
{
    private readonly Ended? _ended;

    /// <summary>Makes an answer.</summary>
    /// <param name="Status">How.</param>
    /// <param name="Error">The runtime's error when it failed.</param>
    /// <param name="Detail">For invalid input the position of the offending feature or the length; for a refusal the ticks to wait.</param>
    public BatchAnswer(PredictionStatus Status, Exception? Error = null, long Detail = 0) =>
        _ended = Status == PredictionStatus.Ok ? null : new Ended(Status, Error, Detail);

    public PredictionStatus Status => _ended is { } ended ? ended.Status : PredictionStatus.Ok;

    public Exception? Error => _ended?.Error;

    public long Detail => _ended?.Detail ?? 0;

    private sealed record Ended(PredictionStatus Status, Exception? Error, long Detail);
}
