namespace MlOps.Serving;

/// <summary>A function over rows of floats; called by several threads at once.</summary>
/// <param name="input">The input rows, row-major.</param>
/// <param name="output">Where the output rows go, row-major; holds what an earlier call left.</param>
/// <param name="rows">How many rows.</param>
public delegate void RowFunction(ReadOnlySpan<float> input, Span<float> output, int rows);
