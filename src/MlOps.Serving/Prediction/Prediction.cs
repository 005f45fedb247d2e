namespace MlOps;

/// <summary>An answer.</summary>
/// <typeparam name="T">Its type.</typeparam>
/// <param name="Value">The answer itself.</param>
/// <param name="Version">The model version that gave it.</param>
/// <param name="Variant">The traffic policy's name for the version: <c>stable</c>, <c>canary</c> or the policy's own.</param>
/// <param name="Id">Its identity, to report the outcome under.</param>
public readonly record struct Prediction<T>(T Value, ModelVersionRef Version, string Variant, PredictionId Id)
{
    private readonly AnswerOrigin? _origin;

    /// <summary>Whether the version chosen by the traffic policy answered, or what stepped in for it and why.</summary>
    public AnswerOrigin Origin
    {
        get => _origin ?? AnswerOrigin.Primary;
        init => _origin = value is null || value.Source == AnswerSource.Primary ? null : value;
    }

    /// <summary>The answer itself.</summary>
    /// <param name="prediction">The answer with its origin.</param>
    public static implicit operator T(Prediction<T> prediction) => prediction.Value;
}
