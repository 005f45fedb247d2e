namespace MlOps.Features;

/// <summary>Reads a service's features with their types. Allocates nothing; thread-safe.</summary>
internal interface ITypedVectorSource
{
    /// <summary>Writes the features as known at a moment.</summary>
    /// <param name="keys">One per key name.</param>
    /// <param name="request">One per request input.</param>
    /// <param name="asOf">The moment.</param>
    /// <param name="destination">As many as features.</param>
    void Read(ReadOnlySpan<string> keys, ReadOnlySpan<FeatureValue> request, Timestamp asOf, Span<FeatureValue> destination);
}
