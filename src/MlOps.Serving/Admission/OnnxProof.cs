namespace MlOps.Serving;

/// <summary>
/// Proves that a small model of ordinary operators needs little memory and time for each row, so that it need not be tried in a child
/// process first: every shape is computed for one row and for many, and must grow with the rows at most. What it does not know, it does
/// not prove.
/// </summary>
internal static class OnnxProof
{
    private const int ManyRows = 64;
    private const double MostBytes = 16 << 20;
    private const double MostSteps = 4e9;

    /// <summary>Whether the model is proven to be bounded.</summary>
    public static bool Holds(OnnxOutline? outline)
    {
        if (outline is not { IsSmall: true, IrVersion: >= 3 and <= 12, Nodes.Count: > 0, Inputs.Count: > 0, Outputs.Count: > 0 }
            || !outline.OperatorSets.All(set => set is { Key: "" or "ai.onnx", Value: >= 7 and <= 24 } or { Key: "ai.onnx.ml", Value: >= 1 and <= 5 })
            || !outline.Initializers.Values.All(tensor => tensor.Type is 1 or 6 or 7 or 9 or 11))
            return false;
        try
        {
            return Cost(outline, 1) is { } one && Cost(outline, ManyRows) is { } many
                && one.Bytes <= MostBytes && one.Steps <= MostSteps && many.Bytes <= ManyRows * one.Bytes && many.Steps <= ManyRows * one.Steps;
        }
        catch (InvalidInputException)
        {
            return false;
        }
    }

    private static (double Bytes, double Steps)? Cost(OnnxOutline outline, long rows)
    {
        var shapes = new Dictionary<string, long[]>(StringComparer.Ordinal);
        foreach (var (name, tensor) in outline.Initializers)
            shapes[name] = tensor.Shape;
        foreach (var (name, tensor) in outline.Inputs)
        {
            if (outline.Initializers.ContainsKey(name))
                continue;
            if (tensor is not { Type: 1 or 6 or 7 or 9 or 11, Shape: [_, ..] shape } || shape.AsSpan(1).ContainsAny(-1, 0) || shape[0] == 0 || shape.Min() < -1)
                return null;
            shapes[name] = [shape[0] < 0 ? rows : shape[0], .. shape.AsSpan(1)];
        }

        var (bytes, steps) = (1.0, 1.0);
        foreach (var node in outline.Nodes)
        {
            var (inputs, outputs) = node.Names();
            var known = new List<long[]>(inputs.Count);
            foreach (var input in inputs)
            {
                if (input.Length == 0)
                    known.Add([]);
                else if (shapes.TryGetValue(input, out var shape))
                    known.Add(shape);
                else
                    return null;
            }

            if (outputs.Count != 1 || known.Count == 0 || Infer(node, inputs, known, outline) is not { } inferred || !shapes.TryAdd(outputs[0], inferred.Shape))
                return null;
            bytes += 8 * Elements(inferred.Shape);
            steps += inferred.Steps;
        }

        return outline.Outputs.Keys.All(shapes.ContainsKey) ? (bytes, steps) : null;
    }

    private static (long[] Shape, double Steps)? Infer(OutlineNode node, List<string> names, List<long[]> inputs, OnnxOutline outline)
    {
        var first = inputs[0];
        if (!outline.OperatorSets.ContainsKey(node.Domain == "ai.onnx" ? "" : node.Domain) && !outline.OperatorSets.ContainsKey(node.Domain))
            return null;
        switch (node.Domain, node.Operation)
        {
            case ("" or "ai.onnx", "Relu" or "Sigmoid" or "Tanh" or "LeakyRelu" or "Elu" or "Selu" or "Softplus" or "Softsign" or "HardSigmoid" or "Abs" or "Neg" or "Exp"
                or "Log" or "Sqrt" or "Reciprocal" or "Floor" or "Ceil" or "Sign" or "Erf" or "Identity" or "IsNaN" or "IsInf" or "Not" or "Softmax" or "LogSoftmax"):
                return inputs.Count == 1 ? (first, Elements(first)) : null;
            case ("" or "ai.onnx", "Clip"):
                return inputs.Count <= 3 && inputs.Skip(1).All(shape => shape.Length == 0) ? (first, Elements(first)) : null;
            case ("" or "ai.onnx", "Cast"):
                return node.Integer("to", 0) is 1 or 6 or 7 or 9 or 11 ? (first, Elements(first)) : null;
            case ("ai.onnx.ml", "Scaler" or "Normalizer" or "Imputer"):
                return inputs.Count == 1 ? (first, Elements(first)) : null;
            case ("" or "ai.onnx", "Add" or "Sub" or "Mul" or "Max" or "Min" or "Equal" or "Less" or "Greater" or "LessOrEqual" or "GreaterOrEqual" or "And" or "Or" or "Xor" or "Where"):
                return inputs.Count == (node.Operation == "Where" ? 3 : 2) && Broadcast(inputs) is { } joined ? (joined, Elements(joined)) : null;
            case ("" or "ai.onnx", "Gemm"):
                return Gemm(node, names, inputs, outline);
            case ("" or "ai.onnx", "MatMul"):
                return inputs.Count == 2 && first.Length >= 2 && inputs[1].Length == 2 && outline.Initializers.ContainsKey(names[1]) && first[^1] == inputs[1][0]
                    ? ([.. first.AsSpan(0, first.Length - 1), inputs[1][1]], Elements(first) * inputs[1][1])
                    : null;
            case ("" or "ai.onnx", "Flatten"):
                return first.Length >= 1 && node.Integer("axis", 1) == 1 ? ([first[0], (long)Elements(first.AsSpan(1))], 1) : null;
            case ("ai.onnx.ml", "TreeEnsembleRegressor"):
                return inputs.Count == 1 && first.Length == 2 && TreeProof.Find(node, first[1]) is { } trees
                    ? ([first[0], trees.Targets], first[0] * (trees.Targets + trees.Steps))
                    : null;
            default:
                return null;
        }
    }

    private static (long[] Shape, double Steps)? Gemm(OutlineNode node, List<string> names, List<long[]> inputs, OnnxOutline outline)
    {
        if (inputs.Count is < 2 or > 3 || inputs[0].Length != 2 || inputs[1].Length != 2 || node.Integer("transA", 0) != 0 || !outline.Initializers.ContainsKey(names[1]))
            return null;
        var (rows, depth) = (inputs[0][0], inputs[0][1]);
        var (inner, columns) = node.Integer("transB", 0) == 0 ? (inputs[1][0], inputs[1][1]) : (inputs[1][1], inputs[1][0]);
        if (depth != inner || (inputs.Count == 3 && Broadcast([inputs[2], [rows, columns]])?.AsSpan().SequenceEqual([rows, columns]) != true))
            return null;
        return ([rows, columns], (double)rows * depth * columns);
    }

    private static long[]? Broadcast(List<long[]> inputs)
    {
        var shape = new long[inputs.Max(input => input.Length)];
        Array.Fill(shape, 1);
        foreach (var input in inputs)
        {
            for (var i = 0; i < input.Length; i++)
            {
                ref var at = ref shape[shape.Length - input.Length + i];
                if (at != 1 && input[i] != 1 && at != input[i])
                    return null;
                at = Math.Max(at, input[i]);
            }
        }

        return shape;
    }

    private static double Elements(ReadOnlySpan<long> shape)
    {
        var product = 1.0;
        foreach (var dimension in shape)
            product *= dimension;
        return product;
    }
}
