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

    /// <summary>The identity of one row's answer, under which it is logged when the model maps rows to rows: the first row's is <see cref="Id"/>, the others' follow from it.</summary>
    /// <param name="row">The row, from 0.</param>
    /// <returns>The identity.</returns>
    public PredictionId IdOf(int row) => IdOf(Id, row);

    internal static PredictionId IdOf(PredictionId id, int row)
    {
        if (row == 0)
            return id;

        // The finaliser of SplitMix64 (Steele, Lea, Flood 2014): different rows give unrelated halves.
        var mixed = id.Low + ((ulong)row * 0x9E3779B97F4A7C15UL);
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9UL;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBUL;
        return new PredictionId(id.High ^ (ulong)row << 32 ^ 0x5555, mixed ^ (mixed >> 31));
    }
}
