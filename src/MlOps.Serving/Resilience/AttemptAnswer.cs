namespace MlOps.Serving;

/// <summary>How one attempt, or a whole resilient request, ended.</summary>
internal readonly record struct AttemptAnswer(PredictionStatus Status, Exception? Error = null, long Detail = 0)
{
    /// <summary>The scores or the outputs, where they are not in the caller's memory already.</summary>
    public object? Payload { get; init; }

    /// <summary>The version that answered or failed; null where none was asked.</summary>
    public ServedVersion? Version { get; init; }

    /// <summary>Set when the version was chosen by the endpoint's own traffic.</summary>
    public EndpointState? State { get; init; }

    public int Share { get; init; }

    public string Variant { get; init; } = "";

    /// <summary>Why it did not end well, in the words of <see cref="AnswerOrigin"/>.</summary>
    public string Reason { get; init; } = "";

    public bool IsHedge { get; init; }

    public AnswerOrigin? Origin { get; init; }
}
