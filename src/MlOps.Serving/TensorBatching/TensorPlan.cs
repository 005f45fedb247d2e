using System.Globalization;
using System.Runtime.InteropServices;
using MlOps.Registry;

namespace MlOps.Serving;

/// <summary>What a model's signature says about batches: which inputs, their fixed dimensions, and where lengths stand. Immutable.</summary>
internal sealed class TensorPlan
{
    // What a dimension without a name of its own is called.
    private const string Anonymous = "N";

    private TensorPlan(TensorPort[] inputs, TensorPort[] outputs)
    {
        Inputs = inputs;
        Outputs = outputs;
        OutputNames = [.. outputs.Select(output => output.Name)];
        IsPlain = inputs.Concat(outputs).All(port => port.Type is not (null or TensorType.String));
        IsRagged = inputs.Any(input => input.LengthDimension > 0);
        RequiredInputs = inputs.Count(input => !input.IsMask);
    }

    public TensorPort[] Inputs { get; }

    public TensorPort[] Outputs { get; }

    public string[] OutputNames { get; }

    /// <summary>Whether all inputs and outputs are tensors of fixed-size elements, which can be bound.</summary>
    public bool IsPlain { get; }

    public bool IsRagged { get; }

    private int RequiredInputs { get; }

    /// <summary>The plan of a model; null when its first dimensions are not one batch.</summary>
    public static TensorPlan? Create(IReadOnlyList<TensorSpec> inputs, IReadOnlyList<TensorSpec> outputs, RaggedOptions? ragged)
    {
        if (inputs.Count == 0 || outputs.Count == 0)
            return null;
        Check(inputs, outputs, ragged);
        var batch = inputs[0].Shape.Count > 0 ? inputs[0].Shape[0] : "";
        if (IsNumber(batch) || batch.Length == 0)
            return null;
        var ports = new TensorPort[inputs.Count];
        string? lengthSymbol = null;
        for (var i = 0; i < ports.Length; i++)
        {
            var spec = inputs[i];
            if (TypeOf(spec.ElementType) is not { } type || spec.Shape.Count == 0 || spec.Shape[0] != batch)
                return null;
            var isMask = ragged?.Mask == spec.Name;
            var dimension = ragged?.Lengths.GetValueOrDefault(spec.Name, isMask ? 1 : 0) ?? 0;
            if (dimension > 0 && type == TensorType.String)
                throw new InvalidDefinitionException($"Input '{spec.Name}' holds text and cannot be padded: take it out of RaggedOptions.Lengths.");
            if (dimension > 0 && !isMask)
                lengthSymbol ??= spec.Shape[dimension];
            ports[i] = new TensorPort(
                spec.Name, type, [.. spec.Shape.Select(Number)], dimension, isMask,
                dimension > 0 ? Element(type, ragged!.Padding.GetValueOrDefault(spec.Name)) : [], isMask ? Element(type, 1) : []);
        }

        var results = new TensorPort[outputs.Count];
        for (var i = 0; i < results.Length; i++)
        {
            var spec = outputs[i];
            var type = TypeOf(spec.ElementType);

            // Sequences have one item per row when the model gives them so; what is no tensor has no dimensions to look at.
            if (type is null && !spec.ElementType.StartsWith("seq", StringComparison.Ordinal))
                return null;
            if (type is not null && (spec.Shape.Count == 0 || (spec.Shape[0] != batch && spec.Shape[0] != Anonymous)))
                return null;
            var dimension = 0;
            if (ragged?.OutputLengths is { } lengths)
                dimension = lengths.GetValueOrDefault(spec.Name);
            else if (lengthSymbol is not null && type is not null)
                dimension = Math.Max(0, spec.Shape.Skip(1).ToList().IndexOf(lengthSymbol) + 1);
            results[i] = new TensorPort(spec.Name, type, [.. spec.Shape.Select(Number)], dimension, false, [], []);
        }

        return new TensorPlan(ports, results);
    }

    /// <summary>Finds a request's tensors in the plan's order.</summary>
    /// <param name="inputs">The request's inputs.</param>
    /// <param name="request">Gets tensors, rows and length.</param>
    /// <returns>Whether it can join a batch; what cannot runs alone, and there the runtime says what is wrong, if anything is.</returns>
    public bool TryResolve(IReadOnlyDictionary<string, ModelValue> inputs, TensorRequest request)
    {
        var values = new TensorValue?[Inputs.Length];
        int rows = 0, length = 0, found = 0;
        for (var i = 0; i < values.Length; i++)
        {
            var port = Inputs[i];
            if (!inputs.TryGetValue(port.Name, out var given))
            {
                if (port.IsMask)
                    continue;
                return false;
            }

            if (given is not TensorValue value || value.Type != port.Type || value.Shape.Length != port.Dimensions.Length)
                return false;
            var shape = value.Shape;
            if (found++ == 0)
                rows = shape[0];
            else if (shape[0] != rows)
                return false;
            for (var d = 1; d < shape.Length; d++)
            {
                if (shape[d] == 0 || (port.Dimensions[d] >= 0 && shape[d] != port.Dimensions[d]))
                    return false;
            }

            if (port.LengthDimension > 0)
            {
                if (length == 0)
                    length = shape[port.LengthDimension];
                else if (shape[port.LengthDimension] != length)
                    return false;
            }

            values[i] = value;
        }

        if (found < RequiredInputs || found != inputs.Count || rows == 0)
            return false;
        request.Values = values;
        request.Rows = rows;
        request.Length = length;
        return true;
    }

    /// <summary>The shapes of one row of each input at a padded length.</summary>
    public int[][] RowShapes(TensorRequest request, int paddedLength)
    {
        var shapes = new int[Inputs.Length][];
        for (var i = 0; i < shapes.Length; i++)
        {
            var value = request.Values[i];
            shapes[i] = value is null ? [paddedLength] : value.Shape[1..].ToArray();
            if (Inputs[i].LengthDimension > 0)
                shapes[i][Inputs[i].LengthDimension - 1] = paddedLength;
        }

        return shapes;
    }

    /// <summary>The inputs of a request that runs alone, with the mask where it is to be made.</summary>
    public IReadOnlyDictionary<string, ModelValue> Complete(IReadOnlyDictionary<string, ModelValue> inputs)
    {
        if (Array.Find(Inputs, input => input.IsMask) is not { } mask || inputs.ContainsKey(mask.Name))
            return inputs;
        var ragged = Array.Find(Inputs, input => input.LengthDimension > 0 && !input.IsMask);
        if (ragged is null || inputs.GetValueOrDefault(ragged.Name) is not TensorValue value || value.Shape.Length <= ragged.LengthDimension)
            return inputs;
        var ones = TensorValue.Zeros(mask.Type!.Value, value.Shape[0], value.Shape[ragged.LengthDimension]);
        TensorCopy.Fill(ones.Bytes, mask.One);
        return new Dictionary<string, ModelValue>(inputs, StringComparer.Ordinal) { [mask.Name] = ones };
    }

    private static void Check(IReadOnlyList<TensorSpec> inputs, IReadOnlyList<TensorSpec> outputs, RaggedOptions? ragged)
    {
        if (ragged is null)
            return;
        foreach (var (name, dimension) in ragged.Lengths)
            CheckDimension(inputs, "input", name, dimension);
        foreach (var (name, dimension) in ragged.OutputLengths ?? new Dictionary<string, int>())
            CheckDimension(outputs, "output", name, dimension);
        foreach (var name in ragged.Padding.Keys.Concat(ragged.Mask is { } mask ? [mask] : []))
            CheckDimension(inputs, "input", name, 1);
    }

    private static void CheckDimension(IReadOnlyList<TensorSpec> specs, string kind, string name, int dimension)
    {
        var spec = specs.FirstOrDefault(candidate => candidate.Name == name) ?? throw new InvalidDefinitionException(
            $"RaggedOptions names {kind} '{name}', which the model does not have. {NearestNames.Describe(name, specs.Select(candidate => candidate.Name))}");
        if (dimension < 1 || dimension >= spec.Shape.Count || IsNumber(spec.Shape[dimension]))
            throw new InvalidDefinitionException(
                $"RaggedOptions says that dimension {dimension} of {kind} '{name}' is a length; its shape is [{string.Join(", ", spec.Shape)}]: name a dimension from 1 that varies.");
    }

    private static bool IsNumber(string dimension) => int.TryParse(dimension, NumberStyles.None, CultureInfo.InvariantCulture, out _);

    private static int Number(string dimension) => int.TryParse(dimension, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1;

    private static TensorType? TypeOf(string name) =>
        Enum.TryParse<TensorType>(name, ignoreCase: true, out var type) && !IsNumber(name) ? type : null;

    private static byte[] Element(TensorType type, double value)
    {
        var tensor = TensorValue.Zeros(type, 1);
        switch (tensor)
        {
            case TensorValue<float> t: t.Data.Span[0] = (float)value; break;
            case TensorValue<double> t: t.Data.Span[0] = value; break;
            case TensorValue<Half> t: t.Data.Span[0] = (Half)value; break;
            case TensorValue<BFloat16> t: t.Data.Span[0] = (BFloat16)(float)value; break;
            case TensorValue<sbyte> t: t.Data.Span[0] = checked((sbyte)value); break;
            case TensorValue<byte> t: t.Data.Span[0] = checked((byte)value); break;
            case TensorValue<short> t: t.Data.Span[0] = checked((short)value); break;
            case TensorValue<ushort> t: t.Data.Span[0] = checked((ushort)value); break;
            case TensorValue<int> t: t.Data.Span[0] = checked((int)value); break;
            case TensorValue<uint> t: t.Data.Span[0] = checked((uint)value); break;
            case TensorValue<long> t: t.Data.Span[0] = checked((long)value); break;
            case TensorValue<ulong> t: t.Data.Span[0] = checked((ulong)value); break;
            case TensorValue<bool> t: t.Data.Span[0] = value != 0; break;
        }

        return tensor.Bytes.ToArray();
    }
}
