namespace MlOps.Serving;

/// <summary>How a request to an endpoint ended.</summary>
/// <param name="Status">How.</param>
/// <param name="Version">The model version that answered or refused.</param>
/// <param name="Variant">The policy's name for the version.</param>
/// <param name="Id">The answer's identity; empty when there is no answer.</param>
/// <param name="Outputs">Scores written.</param>
/// <param name="RetryAfter">When a refused request is likely to be admitted.</param>
/// <param name="Error">What went wrong; null when answered or refused for overload or deadline.</param>
public readonly record struct PredictionResult(
    PredictionStatus Status, ModelVersionRef Version, string Variant, PredictionId Id, int Outputs, TimeSpan RetryAfter = default, Exception? Error = null)
{
    private readonly AnswerOrigin? _origin;

    /// <summary>Whether the version chosen by the traffic policy answered, or what stepped in for it and why.</summary>
    public AnswerOrigin Origin
    {
        get => _origin ?? AnswerOrigin.Primary;
        init => _origin = value is null || value.Source == AnswerSource.Primary ? null : value;
    }

    /// <summary>Throws unless the request was answered.</summary>
    /// <exception cref="OverloadedException">The queue is full.</exception>
    /// <exception cref="DeadlineExceededException">The deadline passed first.</exception>
    /// <exception cref="InvalidInputException">The features are not what the model takes.</exception>
    /// <exception cref="PredictionFailedException">The model failed on them.</exception>
    public void ThrowIfNotOk()
    {
        if (Status == PredictionStatus.Ok)
            return;
        throw Status switch
        {
            PredictionStatus.Overloaded => new OverloadedException(
                Error?.Message ?? $"The queue of {Version} is full. Retry after {RetryAfter.TotalMilliseconds:0} ms, or raise BatchingOptions.QueueLimit.", RetryAfter),
            PredictionStatus.DeadlineExceeded => new DeadlineExceededException(
                Error?.Message ?? $"The request's time ran out before its batch was formed by {Version}. Allow more time or add capacity."),
            PredictionStatus.InvalidInput => new InvalidInputException(Error?.Message ?? $"{Version} does not take this input.", Error),
            _ => new PredictionFailedException($"{Version} failed on this input: {Error?.Message}", Error),
        };
    }
}
