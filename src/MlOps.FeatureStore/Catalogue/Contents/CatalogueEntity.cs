namespace MlOps.Features;

/// <summary>An entity with the views that describe it.</summary>
/// <param name="Name">The entity's name.</param>
/// <param name="Keys">The names of its keys.</param>
/// <param name="Description">What it is.</param>
/// <param name="Views">The views that name it and that the caller may see.</param>
public sealed record CatalogueEntity(string Name, IReadOnlyList<string> Keys, string? Description, IReadOnlyList<string> Views);
