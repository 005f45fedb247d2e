namespace MlOps;

/// <summary>A value that a request carries besides its keys, from which features are computed.</summary>
/// <param name="Name">The name; offline it is the spine's column.</param>
/// <param name="Type">The type.</param>
public sealed record RequestInput(string Name, DataType Type);
