namespace MlOps;

/// <summary>What is asked of a feature reader: an entity, values that the request brings, a moment.</summary>
/// <param name="Keys">One part per key name of the service.</param>
public readonly record struct FeatureRequest(ReadOnlyMemory<string> Keys)
{
    /// <summary>A request for an entity.</summary>
    /// <param name="keys">One part per key name of the service.</param>
    public FeatureRequest(params string[] keys)
        : this(keys.AsMemory())
    {
    }

    /// <summary>One value per request input of the service, in order.</summary>
    /// <value>Empty by default.</value>
    public ReadOnlyMemory<FeatureValue> Values { get; init; }

    /// <summary>The moment; no earlier than what the online store still holds.</summary>
    /// <value>Null by default: now.</value>
    public Timestamp? AsOf { get; init; }
}
