namespace MlOps.Serving;

/// <summary>Reads a model's output row.</summary>
/// <typeparam name="TOut">What it means.</typeparam>
/// <param name="scores">The output row.</param>
/// <returns>The answer.</returns>
public delegate TOut ScoreDecoder<out TOut>(ReadOnlySpan<float> scores);
