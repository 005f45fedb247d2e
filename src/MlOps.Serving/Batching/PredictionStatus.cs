namespace MlOps.Serving;

/// <summary>How a request ended.</summary>
public enum PredictionStatus
{
    /// <summary>Answered.</summary>
    Ok = 0,

    /// <summary>Refused before any work: the queue is full. Retry later.</summary>
    Overloaded = 1,

    /// <summary>Its deadline passed before its batch was formed; nothing was computed.</summary>
    DeadlineExceeded = 2,

    /// <summary>Its features are not what the model takes.</summary>
    InvalidInput = 3,

    /// <summary>The model failed on it, also when run alone.</summary>
    Failed = 4,

    /// <summary>The model version was taken out of service in this moment; endpoints ask its successor.</summary>
    Retired = 5,
}
