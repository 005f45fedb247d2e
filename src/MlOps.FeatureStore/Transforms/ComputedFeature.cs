namespace MlOps.Features;

/// <summary>A feature that is computed from request values and other features, offline and online by the same function. Immutable.</summary>
public sealed class ComputedFeature
{
    private readonly FeatureFormula? _formula;
    private readonly FeatureFunction? _function;

    internal ComputedFeature(string name, IReadOnlyList<string> inputs, DataType type, string version, FeatureFormula? formula, FeatureFunction? function)
    {
        Name = name;
        Inputs = inputs;
        Type = type;
        Version = version;
        _formula = formula;
        _function = function;
    }

    /// <summary>The feature's name in the service.</summary>
    public string Name { get; }

    /// <summary>What it is computed from: request inputs, features of the service's views, features computed before it.</summary>
    public IReadOnlyList<string> Inputs { get; }

    /// <summary>The result's type.</summary>
    public DataType Type { get; }

    /// <summary>Stands for the function's code in the service's hash.</summary>
    public string Version { get; }

    /// <summary>Whether every input must be a number.</summary>
    internal bool IsFormula => _formula is not null;

    /// <summary>Computes the feature of a row; the only place, so that every path gets the same bits.</summary>
    internal FeatureValue Compute(ReadOnlySpan<FeatureValue> slots, ReadOnlySpan<int> inputs)
    {
        try
        {
            return (_formula is null ? Call(slots, inputs) : Evaluate(slots, inputs)).As(Type);
        }
        catch (Exception error) when (error is not OperationCanceledException and not OutOfMemoryException)
        {
            throw new InvalidInputException($"Computed feature '{Name}' failed: {error.Message}", error);
        }
    }

    private FeatureValue Evaluate(ReadOnlySpan<FeatureValue> slots, ReadOnlySpan<int> inputs)
    {
        Span<double> numbers = stackalloc double[inputs.Length];
        for (var i = 0; i < inputs.Length; i++)
            numbers[i] = slots[inputs[i]].ToDouble();
        return _formula!(numbers);
    }

    private FeatureValue Call(ReadOnlySpan<FeatureValue> slots, ReadOnlySpan<int> inputs)
    {
        var values = new ValueRow();
        var arguments = ((Span<FeatureValue>)values)[..inputs.Length];
        for (var i = 0; i < inputs.Length; i++)
            arguments[i] = slots[inputs[i]];
        return _function!(arguments);
    }
}
