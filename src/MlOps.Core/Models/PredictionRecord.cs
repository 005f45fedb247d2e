namespace MlOps;

/// <summary>One answered prediction.</summary>
public readonly ref struct PredictionRecord
{
    /// <summary>The endpoint that answered.</summary>
    public required string Endpoint { get; init; }

    /// <summary>The model version that answered.</summary>
    public required ModelVersionRef Version { get; init; }

    /// <summary>The variant of the traffic policy: <c>champion</c>, <c>canary</c>, <c>shadow</c> or the policy's own name.</summary>
    public required string Variant { get; init; }

    /// <summary>The prediction's identity, by which outcomes are joined later.</summary>
    public required string PredictionId { get; init; }

    /// <summary>The key by which the caller was assigned to a variant; empty when there was none.</summary>
    public string Key { get; init; }

    /// <summary>The moment of the request.</summary>
    public required Timestamp Time { get; init; }

    /// <summary>The model's input row; missing values are NaN.</summary>
    public required ReadOnlySpan<float> Features { get; init; }

    /// <summary>The first output value.</summary>
    public required float Score { get; init; }
}
