namespace MlOps.Features;

public sealed partial class FeatureServiceBuilder
{
    private readonly List<RequestInput> _requests = [];
    private readonly List<ComputedFeature> _computed = [];
    private readonly List<string> _hidden = [];

    /// <summary>Declares a value that a request carries besides its keys. In a training frame it is a column of the spine. It is not a feature itself.</summary>
    /// <param name="name">The name, and the spine's column.</param>
    /// <param name="type">The type.</param>
    /// <returns>This builder.</returns>
    public FeatureServiceBuilder Request(string name, DataType type)
    {
        CheckType("request input", name, type);
        _requests.Add(new RequestInput(DefinitionText.CheckName("request input", name), type));
        return this;
    }

    /// <summary>Adds a number computed from numbers: request inputs, features of the views, features computed before.</summary>
    /// <param name="name">The feature's name in the service.</param>
    /// <param name="inputs">What it is computed from; at most 32.</param>
    /// <param name="formula">A pure function.</param>
    /// <param name="type">The result's type: a number or Boolean.</param>
    /// <param name="version">Changes the service's hash: change it with the code, which cannot be hashed itself.</param>
    /// <returns>This builder.</returns>
    public FeatureServiceBuilder Compute(
        string name, IReadOnlyList<string> inputs, FeatureFormula formula, DataType type = DataType.Float32, string version = "1")
    {
        ArgumentNullException.ThrowIfNull(formula);
        if (type is DataType.String or DataType.Timestamp)
            throw new InvalidDefinitionException($"Feature service '{_name}': the formula of '{name}' gives a number, not {type}: use the form that takes a FeatureFunction.");
        return Add(name, inputs, type, version, formula, null);
    }

    /// <summary>Adds a feature computed from values of any type; missing values are passed to the function.</summary>
    /// <param name="name">The feature's name in the service.</param>
    /// <param name="inputs">What it is computed from; at most 32.</param>
    /// <param name="type">The result's type.</param>
    /// <param name="function">A pure function.</param>
    /// <param name="version">Changes the service's hash: change it with the code.</param>
    /// <returns>This builder.</returns>
    public FeatureServiceBuilder Compute(string name, IReadOnlyList<string> inputs, DataType type, FeatureFunction function, string version = "1")
    {
        ArgumentNullException.ThrowIfNull(function);
        return Add(name, inputs, type, version, null, function);
    }

    /// <summary>Adds a feature computed from one value. A missing float is passed as NaN; a missing value of another type makes the feature missing.</summary>
    /// <typeparam name="TIn">bool, int, long, float, double, string, <see cref="Timestamp"/> or DateTimeOffset.</typeparam>
    /// <typeparam name="TOut">One of these.</typeparam>
    /// <param name="name">The feature's name in the service.</param>
    /// <param name="input">What it is computed from.</param>
    /// <param name="function">A pure function.</param>
    /// <param name="version">Changes the service's hash: change it with the code.</param>
    /// <returns>This builder.</returns>
    public FeatureServiceBuilder Compute<TIn, TOut>(string name, string input, Func<TIn, TOut> function, string version = "1")
    {
        ArgumentNullException.ThrowIfNull(function);
        ValueTypes.Of<TIn>();
        return Add(name, [input], ValueTypes.Of<TOut>(), version, null, values =>
            IsAbsent<TIn>(in values[0]) ? FeatureValue.None(ValueTypes.Of<TOut>()) : ValueTypes.From(function(ValueTypes.To<TIn>(in values[0]))));
    }

    /// <summary>Adds a feature computed from two values, as the form for one.</summary>
    /// <typeparam name="T1">The first input's type.</typeparam>
    /// <typeparam name="T2">The second input's type.</typeparam>
    /// <typeparam name="TOut">The result's type.</typeparam>
    /// <param name="name">The feature's name in the service.</param>
    /// <param name="first">The first input.</param>
    /// <param name="second">The second input.</param>
    /// <param name="function">A pure function.</param>
    /// <param name="version">Changes the service's hash: change it with the code.</param>
    /// <returns>This builder.</returns>
    public FeatureServiceBuilder Compute<T1, T2, TOut>(string name, string first, string second, Func<T1, T2, TOut> function, string version = "1")
    {
        ArgumentNullException.ThrowIfNull(function);
        ValueTypes.Of<T1>();
        ValueTypes.Of<T2>();
        return Add(name, [first, second], ValueTypes.Of<TOut>(), version, null, values =>
            IsAbsent<T1>(in values[0]) || IsAbsent<T2>(in values[1])
                ? FeatureValue.None(ValueTypes.Of<TOut>())
                : ValueTypes.From(function(ValueTypes.To<T1>(in values[0]), ValueTypes.To<T2>(in values[1]))));
    }

    /// <summary>Keeps features out of what the service returns; computed features can use them still.</summary>
    /// <param name="features">Their names in the service.</param>
    /// <returns>This builder.</returns>
    public FeatureServiceBuilder Hide(params IReadOnlyList<string> features)
    {
        ArgumentNullException.ThrowIfNull(features);
        _hidden.AddRange(features);
        return this;
    }

    private static bool IsAbsent<T>(in FeatureValue value) => !value.HasValue && !ValueTypes.CanBeAbsent<T>();

    private void CheckType(string what, string name, DataType type)
    {
        if (type == DataType.Int32 || !Enum.IsDefined(type))
            throw new InvalidDefinitionException($"Feature service '{_name}': {what} '{name}' has type {type}: features are Boolean, Int64, Float32, Float64, String or Timestamp.");
    }

    private FeatureServiceBuilder Add(string name, IReadOnlyList<string> inputs, DataType type, string version, FeatureFormula? formula, FeatureFunction? function)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentException.ThrowIfNullOrWhiteSpace(version);
        DefinitionText.CheckName("computed feature", name);
        if (inputs.Count is 0 or > ValueRow.Length)
            throw new InvalidDefinitionException($"Feature service '{_name}': computed feature '{name}' has {inputs.Count} inputs: name 1 to {ValueRow.Length}.");
        CheckType("computed feature", name, type);
        if (version.Length > 100 || version.Any(char.IsControl))
            throw new InvalidDefinitionException($"Feature service '{_name}': the version of computed feature '{name}' is not allowed: use up to 100 characters on one line.");
        _computed.Add(new ComputedFeature(name, [.. inputs], type, version, formula, function));
        return this;
    }
}
