namespace MlOps.Learning;

/// <summary>Options of <see cref="TrainedModel.ToOnnx"/>.</summary>
public sealed record OnnxExportOptions
{
    /// <summary>The name of the graph.</summary>
    /// <value>Default null: the trainer's name.</value>
    public string? GraphName { get; init; }

    /// <summary>The name of the input, float <c>[N, F]</c>.</summary>
    /// <value>Default <c>features</c>.</value>
    public string InputName { get; init; } = "features";

    /// <summary>The name of the output, float <c>[N, 1]</c>.</summary>
    /// <value>Default null: <c>probability</c> for binary classification, <c>prediction</c> for regression.</value>
    public string? OutputName { get; init; }

    /// <summary>
    /// Entries for the model's metadata properties, beside <c>mlops.features</c> (a JSON array of names), <c>mlops.trainer</c> and <c>mlops.task</c>.
    /// </summary>
    /// <value>Default empty.</value>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();
}
