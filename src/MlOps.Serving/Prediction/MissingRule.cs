namespace MlOps.Serving;

/// <summary>What happens to a request whose looked-up features are missing or too old. Immutable.</summary>
public sealed record MissingRule
{
    private MissingRule(string action) => Action = action;

    /// <summary>The model is given NaN; <see cref="BatchingOptions.MissingFeatures"/> decides whether it takes it.</summary>
    public static MissingRule Pass { get; } = new("pass");

    /// <summary>The request is refused as invalid input that names the features.</summary>
    public static MissingRule Reject { get; } = new("reject");

    /// <summary>The request goes to the endpoint's fall-back chain, and the answer says so in its origin.</summary>
    public static MissingRule Degrade { get; } = new("degrade");

    internal string Action { get; }

    internal float Value { get; private init; }

    internal IReadOnlyDictionary<string, float>? Values { get; private init; }

    /// <summary>The model is given a value instead.</summary>
    /// <param name="value">The value.</param>
    /// <param name="values">Other values for single features, by name.</param>
    /// <returns>The rule.</returns>
    public static MissingRule Default(float value, IReadOnlyDictionary<string, float>? values = null) => new("default") { Value = value, Values = values };

    /// <inheritdoc />
    public override string ToString() => Action;
}
