namespace MlOps.Registry;

/// <summary>Compares signatures tensor by tensor. A dimension that is a symbol fits any dimension.</summary>
internal static class SignatureCheck
{
    /// <summary>The differences that would break a caller of <paramref name="expected"/>; empty when there are none.</summary>
    public static IReadOnlyList<string> Differences(ModelSignature expected, ModelSignature actual)
    {
        var differences = new List<string>();
        Compare("input", expected.Inputs, actual.Inputs, differences);
        Compare("output", expected.Outputs, actual.Outputs, differences);
        return differences;
    }

    /// <exception cref="InvalidDefinitionException">They differ; the message lists how.</exception>
    public static void RequireEqual(ModelSignature declared, ModelSignature graph)
    {
        var differences = Differences(declared, graph);
        if (differences.Count > 0)
        {
            throw new InvalidDefinitionException(
                $"The declared signature does not fit the ONNX graph: {string.Join("; ", differences)}. Take the signature that OnnxModelReader.Read returns.");
        }
    }

    private static void Compare(string what, IReadOnlyList<TensorSpec> expected, IReadOnlyList<TensorSpec> actual, List<string> differences)
    {
        foreach (var tensor in expected)
        {
            var other = actual.FirstOrDefault(candidate => candidate.Name == tensor.Name);
            if (other is null)
                differences.Add($"{what} '{NameRules.Shown(tensor.Name)}' is missing ({NearestNames.Describe(NameRules.Shown(tensor.Name), actual.Select(spec => NameRules.Shown(spec.Name)))})");
            else if (other.ElementType != tensor.ElementType)
                differences.Add($"{what} '{NameRules.Shown(tensor.Name)}' is of {other.ElementType}, expected {tensor.ElementType}");
            else if (!ShapesFit(tensor.Shape, other.Shape))
                differences.Add($"{what} '{NameRules.Shown(tensor.Name)}' has shape [{string.Join(",", other.Shape)}], expected [{string.Join(",", tensor.Shape)}]");
        }

        foreach (var extra in actual.Where(tensor => expected.All(candidate => candidate.Name != tensor.Name)))
            differences.Add($"{what} '{NameRules.Shown(extra.Name)}' is not expected");
    }

    private static bool ShapesFit(IReadOnlyList<string> expected, IReadOnlyList<string> actual)
    {
        if (expected is [OnnxModelReader.UnknownRank] || actual is [OnnxModelReader.UnknownRank])
            return true;
        return expected.Count == actual.Count && expected.Zip(actual).All(pair =>
            pair.First == pair.Second || !IsFixed(pair.First) || !IsFixed(pair.Second));
    }

    private static bool IsFixed(string dimension) => dimension.Length > 0 && dimension.All(char.IsAsciiDigit);
}
