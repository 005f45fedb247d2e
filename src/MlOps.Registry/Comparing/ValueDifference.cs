namespace MlOps.Registry;

/// <summary>A named value of two versions.</summary>
/// <typeparam name="TValue">The value.</typeparam>
/// <param name="Name">Its name.</param>
/// <param name="Baseline">The value in the version compared with.</param>
/// <param name="Candidate">The value in the version compared.</param>
public readonly record struct ValueDifference<TValue>(string Name, TValue Baseline, TValue Candidate);
