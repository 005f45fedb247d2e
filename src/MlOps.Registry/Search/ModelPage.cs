namespace MlOps.Registry;

/// <summary>A page of models.</summary>
/// <param name="Models">The models in order.</param>
/// <param name="NextCursor">Where the next page begins; null after the last one.</param>
public sealed record ModelPage(IReadOnlyList<ModelRecord> Models, string? NextCursor);
