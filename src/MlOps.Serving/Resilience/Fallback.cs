namespace MlOps.Serving;

/// <summary>One step of a fall-back chain: an older version, another endpoint's model, or a fixed answer. Immutable.</summary>
public sealed record Fallback
{
    private Fallback()
    {
    }

    /// <summary>The version that answers instead; loaded beside the endpoint's own.</summary>
    public ModelVersionRef? Version { get; private init; }

    /// <summary>Whether the version that served before the present ones answers.</summary>
    public bool IsPrevious { get; private init; }

    /// <summary>The endpoint whose version answers instead.</summary>
    public string? Endpoint { get; private init; }

    /// <summary>The scores of the default answer to a row.</summary>
    public IReadOnlyList<float>? Scores { get; private init; }

    /// <summary>The outputs of the default answer to a request in tensors.</summary>
    public IReadOnlyDictionary<string, ModelValue>? Outputs { get; private init; }

    /// <summary>Whether this is a default answer.</summary>
    public bool IsDefault => Scores is not null || Outputs is not null;

    /// <summary>A version of the same or another model. A row goes to it as it is, or by feature names where it wants fewer or in another order.</summary>
    /// <param name="version">The version.</param>
    /// <returns>The step.</returns>
    public static Fallback ToVersion(ModelVersionRef version) => new() { Version = version };

    /// <summary>The version that had the most traffic before the present versions came.</summary>
    /// <returns>The step.</returns>
    public static Fallback ToPrevious() => new() { IsPrevious = true };

    /// <summary>The version that another endpoint's policy chooses, for instance a simpler model; its own fall-backs are not asked.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <returns>The step.</returns>
    public static Fallback ToEndpoint(string endpoint)
    {
        ArgumentException.ThrowIfNullOrEmpty(endpoint);
        return new() { Endpoint = endpoint };
    }

    /// <summary>A fixed answer to a row; the last step.</summary>
    /// <param name="scores">The scores.</param>
    /// <returns>The step.</returns>
    public static Fallback ToDefault(params IReadOnlyList<float> scores)
    {
        ArgumentNullException.ThrowIfNull(scores);
        return new() { Scores = [.. scores] };
    }

    /// <summary>A fixed answer to a request in tensors; the last step.</summary>
    /// <param name="outputs">The outputs by name.</param>
    /// <param name="scores">The scores of the answer to a row; null where rows have no default answer.</param>
    /// <returns>The step.</returns>
    public static Fallback ToDefault(IReadOnlyDictionary<string, ModelValue> outputs, IReadOnlyList<float>? scores = null)
    {
        ArgumentNullException.ThrowIfNull(outputs);
        return new() { Outputs = outputs, Scores = scores };
    }
}
