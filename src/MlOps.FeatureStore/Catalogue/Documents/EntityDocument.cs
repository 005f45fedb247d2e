namespace MlOps.Features;

/// <summary>An entity as a view named it.</summary>
internal sealed record EntityDocument(string Name, string? Description);
