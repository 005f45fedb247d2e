namespace MlOps.Features;

/// <summary>A source that a view declares. It does not belong to the view's meaning: it may change without a new version.</summary>
/// <param name="Name">The source's name within the view; its progress is kept under it.</param>
/// <param name="Source">Where the rows come from.</param>
public sealed record DeclaredSource(string Name, FeatureViewSource Source);
