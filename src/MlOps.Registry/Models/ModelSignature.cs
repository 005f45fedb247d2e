namespace MlOps.Registry;

/// <summary>What a model takes and gives.</summary>
/// <param name="Inputs">The input tensors.</param>
/// <param name="Outputs">The output tensors.</param>
/// <param name="Features">The names of the columns of the first input, in order; empty when they are not known.</param>
public sealed record ModelSignature(IReadOnlyList<TensorSpec> Inputs, IReadOnlyList<TensorSpec> Outputs, IReadOnlyList<string> Features)
{
    /// <summary>Units, categories and meaning of features and tensors, each name once.</summary>
    /// <value>Default: empty. A version with any is stored in config format 2, one without in format 1.</value>
    public IReadOnlyList<FeatureSpec> Specs { get; init; } = [];
}
