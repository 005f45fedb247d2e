using System.Globalization;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using MlOps.Registry;

namespace MlOps.Serving;

/// <summary>What a model takes and gives. Checks a request before ONNX Runtime sees it, so that a message names what was wanted and what came.</summary>
internal sealed class OnnxSignature
{
    private readonly Dictionary<string, Expected> _inputs = new(StringComparer.Ordinal);
    private readonly HashSet<string> _outputs;
    private readonly string[] _required;
    private readonly bool _checkSymbols;

    public OnnxSignature(InferenceSession session, string subject, bool checkSymbols)
    {
        _required = [.. session.InputNames.Where(name => session.InputMetadata[name].OnnxValueType != OnnxValueType.ONNX_TYPE_OPTIONAL)];
        OutputNames = session.OutputNames;
        _outputs = new HashSet<string>(OutputNames, StringComparer.Ordinal);
        foreach (var name in session.InputNames)
            _inputs[name] = Expect(session.InputMetadata[name], $"Input '{name}' of {subject}");
        foreach (var (name, metadata) in session.OverridableInitializerMetadata)
            _inputs.TryAdd(name, Expect(metadata, $"Input '{name}' of {subject}"));
        Inputs = [.. session.InputNames.Select(name => new TensorSpec(name, _inputs[name].TypeText, _inputs[name].Shape))];
        Outputs = [.. OutputNames.Select(name => Describe(name, session.OutputMetadata[name]))];

        // A symbol that stands once has nothing to agree with.
        _checkSymbols = checkSymbols && _inputs.Values.SelectMany(input => input.Symbols.Where(symbol => symbol.Length > 0)).GroupBy(symbol => symbol).Any(group => group.Skip(1).Any());
    }

    public IReadOnlyList<TensorSpec> Inputs { get; }

    public IReadOnlyList<TensorSpec> Outputs { get; }

    public IReadOnlyList<string> OutputNames { get; }

    /// <summary>The outputs of the model that a call wants, in the model's order.</summary>
    public IReadOnlyList<string> Wanted(IReadOnlyCollection<string>? outputs)
    {
        if (outputs is null)
            return OutputNames;
        foreach (var name in outputs)
        {
            if (!_outputs.Contains(name))
                throw new InvalidInputException($"The model has no output '{name}'. {NearestNames.Describe(name, OutputNames)}");
        }

        return outputs.Count == 0 ? throw new InvalidInputException("No output is asked for: name at least one, or null for all.") : [.. OutputNames.Where(outputs.Contains)];
    }

    /// <summary>Refuses a request that the model does not take.</summary>
    /// <exception cref="InvalidInputException">Names the input, what was wanted and what came.</exception>
    public void Check(IReadOnlyDictionary<string, ModelValue> inputs)
    {
        CheckSome(inputs);
        foreach (var name in _required)
        {
            if (!inputs.ContainsKey(name))
                Require([.. inputs.Keys]);
        }
    }

    /// <summary>Refuses values that the model does not take; others may be missing.</summary>
    public void CheckSome(IReadOnlyDictionary<string, ModelValue> inputs)
    {
        Dictionary<string, (long Size, string Input)>? sizes = null;
        foreach (var (name, value) in inputs)
        {
            if (!_inputs.TryGetValue(name, out var expected))
                throw new InvalidInputException($"The model has no input '{name}'. {NearestNames.Describe(name, _inputs.Keys)}");
            if (!expected.Takes(value))
                throw new InvalidInputException($"Input '{name}' is to be {expected}; {Show(value)} was given.");
            if (_checkSymbols && value is TensorValue tensor)
                CheckSymbols(name, expected, tensor, sizes ??= new(StringComparer.Ordinal));
        }
    }

    /// <summary>Refuses a call that lacks an input.</summary>
    public void Require(IReadOnlyCollection<string> given)
    {
        foreach (var name in _required)
        {
            if (!given.Contains(name))
                throw new InvalidInputException($"Input '{name}' is missing; it is to be {_inputs[name]}. Given: {(given.Count == 0 ? "nothing" : string.Join(", ", given.Select(key => $"'{key}'")))}.");
        }
    }

    private static void CheckSymbols(string name, Expected expected, TensorValue tensor, Dictionary<string, (long Size, string Input)> sizes)
    {
        for (var i = 0; i < Math.Min(expected.Symbols.Length, tensor.Shape.Length); i++)
        {
            var symbol = expected.Symbols[i];
            if (symbol.Length == 0)
                continue;
            if (!sizes.TryAdd(symbol, (tensor.Shape[i], name)) && sizes[symbol] is var other && other.Size != tensor.Shape[i])
                throw new InvalidInputException(
                    $"Dimension {i} of input '{name}' is '{symbol}', which is {other.Size} in input '{other.Input}'; {tensor.Shape[i]} was given. " +
                    $"{nameof(OnnxRuntimeOptions)}.{nameof(OnnxRuntimeOptions.CheckSymbolicDimensions)} turns this off for models that use a symbol for several sizes.");
        }
    }

    private static Expected Expect(NodeMetadata metadata, string what)
    {
        switch (metadata.OnnxValueType)
        {
            case OnnxValueType.ONNX_TYPE_TENSOR:
                if (!Enum.IsDefined((TensorType)metadata.ElementDataType))
                    throw new InvalidDefinitionException($"{what} takes elements of type {metadata.ElementDataType}, which cannot be given; possible are {string.Join(", ", Enum.GetNames<TensorType>())}.");
                return new Expected(metadata.OnnxValueType, (TensorType)metadata.ElementDataType, Shape(metadata), metadata.Dimensions, Symbols(metadata), null);
            case OnnxValueType.ONNX_TYPE_SEQUENCE:
                return new Expected(metadata.OnnxValueType, default, [], [], [], Expect(metadata.AsSequenceMetadata().ElementMeta, what));
            case OnnxValueType.ONNX_TYPE_OPTIONAL:
                return Expect(metadata.AsOptionalMetadata().ElementMeta, what);
            case OnnxValueType.ONNX_TYPE_MAP:
                return new Expected(metadata.OnnxValueType, (TensorType)metadata.AsMapMetadata().KeyDataType, [], [], [], null);
            default:
                throw new InvalidDefinitionException($"{what} is of kind {metadata.OnnxValueType}, which cannot be given.");
        }
    }

    private static TensorSpec Describe(string name, NodeMetadata metadata) => metadata.OnnxValueType == OnnxValueType.ONNX_TYPE_TENSOR
        ? new TensorSpec(name, metadata.ElementDataType.ToString().ToLowerInvariant(), Shape(metadata))
        : new TensorSpec(name, Text(metadata), []);

    private static string Text(NodeMetadata metadata) => metadata.OnnxValueType switch
    {
        OnnxValueType.ONNX_TYPE_TENSOR => metadata.ElementDataType.ToString().ToLowerInvariant(),
        OnnxValueType.ONNX_TYPE_SEQUENCE => $"sequence({Text(metadata.AsSequenceMetadata().ElementMeta)})",
        OnnxValueType.ONNX_TYPE_MAP => $"map({metadata.AsMapMetadata().KeyDataType.ToString().ToLowerInvariant()},{Text(metadata.AsMapMetadata().ValueMetadata)})",
        OnnxValueType.ONNX_TYPE_OPTIONAL => $"optional({Text(metadata.AsOptionalMetadata().ElementMeta)})",
        var other => other.ToString().Replace("ONNX_TYPE_", "", StringComparison.Ordinal).ToLowerInvariant(),
    };

    private static string[] Shape(NodeMetadata metadata)
    {
        var shape = new string[metadata.Dimensions.Length];
        for (var i = 0; i < shape.Length; i++)
        {
            var symbol = i < metadata.SymbolicDimensions.Length ? metadata.SymbolicDimensions[i] : "";
            shape[i] = metadata.Dimensions[i] >= 0 ? metadata.Dimensions[i].ToString(CultureInfo.InvariantCulture) : symbol.Length > 0 ? symbol : "N";
        }

        return shape;
    }

    // Converters number the dimensions that they know nothing of.
    private static string[] Symbols(NodeMetadata metadata) =>
        [.. metadata.SymbolicDimensions.Select(symbol => symbol is null or "?" || symbol.StartsWith("unk_", StringComparison.Ordinal) ? "" : symbol)];

    public static string Show(ModelValue? value) => value switch
    {
        TensorValue tensor => $"{tensor.Type.ToString().ToLowerInvariant()}[{string.Join(", ", tensor.Shape.ToArray())}]",
        SequenceValue sequence => $"a sequence of {sequence.Items.Count} values{(sequence.Items.Count > 0 ? $", the first {Show(sequence.Items[0])}" : "")}",
        MapValue map => $"a map of {map.Keys.Type.ToString().ToLowerInvariant()}",
        _ => "nothing",
    };

    private sealed record Expected(OnnxValueType Kind, TensorType Type, string[] Shape, int[] Dimensions, string[] Symbols, Expected? Element)
    {
        public string TypeText => Kind switch
        {
            OnnxValueType.ONNX_TYPE_TENSOR => Type.ToString().ToLowerInvariant(),
            OnnxValueType.ONNX_TYPE_SEQUENCE => $"sequence({Element!.TypeText})",
            _ => $"map({Type.ToString().ToLowerInvariant()})",
        };

        public bool Takes(ModelValue? value)
        {
            switch (value)
            {
                case TensorValue tensor:
                    if (Kind != OnnxValueType.ONNX_TYPE_TENSOR || tensor.Type != Type)
                        return false;

                    // The binding shows an unknown rank as no dimensions, like a scalar.
                    var shape = tensor.Shape;
                    if (Dimensions.Length == 0)
                        return true;
                    if (shape.Length != Dimensions.Length)
                        return false;
                    for (var i = 0; i < shape.Length; i++)
                    {
                        if (Dimensions[i] > 0 && Dimensions[i] != shape[i])
                            return false;
                    }

                    return true;
                case SequenceValue sequence:
                    return Kind == OnnxValueType.ONNX_TYPE_SEQUENCE && sequence.Items.All(Element!.Takes);
                case MapValue map:
                    return Kind == OnnxValueType.ONNX_TYPE_MAP && map.Keys.Type == Type;
                default:
                    return false;
            }
        }

        public override string ToString() => Kind switch
        {
            OnnxValueType.ONNX_TYPE_TENSOR => Dimensions.Length == 0 ? TypeText : $"{TypeText}[{string.Join(", ", Shape)}]",
            OnnxValueType.ONNX_TYPE_SEQUENCE => $"a sequence of {Element}",
            _ => $"a map of {Type.ToString().ToLowerInvariant()}",
        };
    }
}
