namespace MlOps;

/// <summary>One answer of an endpoint, for monitoring. The two memories are lent for the duration of the call: copy what is kept.</summary>
public readonly record struct PredictionRecord
{
    /// <summary>The endpoint.</summary>
    public required string Endpoint { get; init; }

    /// <summary>The model version that answered.</summary>
    public required ModelVersionRef Version { get; init; }

    /// <summary>The traffic policy's name for the version: <c>stable</c>, <c>canary</c>, <c>shadow</c> or the policy's own.</summary>
    public required string Variant { get; init; }

    /// <summary>The answer's identity; a shadow's answer carries the identity of the answer that it mirrors.</summary>
    public required PredictionId Id { get; init; }

    /// <summary>The key by which the request was assigned to a variant; null when it had none.</summary>
    public string? Key { get; init; }

    /// <summary>The moment of the request.</summary>
    public required Timestamp Time { get; init; }

    /// <summary>The names of the features in order; empty when the model does not name them.</summary>
    public IReadOnlyList<string> FeatureNames { get; init; }

    /// <summary>The model's input row.</summary>
    public required ReadOnlyMemory<float> Features { get; init; }

    /// <summary>The model's output row.</summary>
    public required ReadOnlyMemory<float> Scores { get; init; }

    /// <summary>The first output.</summary>
    public float Score => Scores.IsEmpty ? float.NaN : Scores.Span[0];

    /// <summary>Whether the answer was made beside the real one and shown to nobody.</summary>
    public bool IsShadow { get; init; }
}
