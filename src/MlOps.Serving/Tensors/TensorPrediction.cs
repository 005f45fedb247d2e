namespace MlOps.Serving;

/// <summary>An endpoint's answer in tensors.</summary>
/// <param name="Outputs">The outputs asked for, by name, in the model's order.</param>
/// <param name="Version">The model version that gave it.</param>
/// <param name="Variant">The traffic policy's name for the version.</param>
/// <param name="Id">Its identity, to report the outcome under.</param>
public sealed record TensorPrediction(IReadOnlyDictionary<string, ModelValue> Outputs, ModelVersionRef Version, string Variant, PredictionId Id)
{
    /// <summary>Whether the version chosen by the traffic policy answered, or what stepped in for it and why.</summary>
    public AnswerOrigin Origin { get; init; } = AnswerOrigin.Primary;

    /// <summary>An output that is a tensor.</summary>
    /// <param name="name">Its name.</param>
    /// <exception cref="NotFoundException">There is no output of that name.</exception>
    /// <exception cref="InvalidInputException">It is a sequence or a map.</exception>
    public TensorValue this[string name] =>
        !Outputs.TryGetValue(name, out var value) ? throw new NotFoundException($"{Version} gave no output '{name}'. {NearestNames.Describe(name, Outputs.Keys)}")
        : value as TensorValue ?? throw new InvalidInputException($"Output '{name}' of {Version} is a {value.GetType().Name}, not a tensor: read it from Outputs.");
}
