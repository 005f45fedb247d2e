namespace MlOps;

/// <summary>The output of a step that yields nothing.</summary>
public readonly record struct Done;
