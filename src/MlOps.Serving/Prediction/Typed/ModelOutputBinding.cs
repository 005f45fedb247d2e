namespace MlOps.Serving;

/// <summary>How a type is made of a model's output.</summary>
/// <typeparam name="T">The type.</typeparam>
/// <param name="names">The scores' or output tensors' names, in order.</param>
/// <param name="scores">The least number of scores that it is made of; 0 where it is not made of scores.</param>
/// <param name="decode">Makes it of scores; null where not all values are numbers.</param>
/// <param name="read">Makes it of output tensors.</param>
public sealed class ModelOutputBinding<T>(
    IReadOnlyList<string> names, int scores, ScoreDecoder<T>? decode, Func<IReadOnlyDictionary<string, ModelValue>, T> read)
{
    /// <summary>The scores' or output tensors' names, in order.</summary>
    public IReadOnlyList<string> Names { get; } = names;

    /// <summary>The least number of scores that it is made of.</summary>
    public int Scores { get; } = scores;

    /// <summary>Makes it of scores; null where not all values are numbers.</summary>
    public ScoreDecoder<T>? Decode { get; } = decode;

    /// <summary>Makes it of output tensors.</summary>
    public Func<IReadOnlyDictionary<string, ModelValue>, T> Read { get; } = read;
}
