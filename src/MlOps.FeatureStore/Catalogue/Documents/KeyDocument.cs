namespace MlOps.Features;

/// <summary>A key of a view.</summary>
internal sealed record KeyDocument(string Name, string Column);
