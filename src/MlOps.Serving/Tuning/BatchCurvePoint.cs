namespace MlOps.Serving;

/// <summary>What one batch size costs.</summary>
/// <param name="Rows">The rows of the batch, from 1.</param>
/// <param name="Time">How long one run of that many rows takes.</param>
public readonly record struct BatchCurvePoint(int Rows, TimeSpan Time);
