namespace MlOps.Features;

public partial class FeatureView
{
    /// <summary>Where <see cref="IFeatureSources.RefreshAsync"/> gets the view's rows from; empty when they are only handed over.</summary>
    public IReadOnlyList<DeclaredSource> Sources { get; }
}
