namespace MlOps.Features;

public sealed partial class FeatureViewBuilder
{
    /// <summary>Declares where the view's rows come from; see <see cref="IFeatureSources.RefreshAsync"/>. Not part of the view's meaning.</summary>
    /// <param name="name">The source's name within the view. Progress is kept under it: a new name begins anew.</param>
    /// <param name="source">The source.</param>
    /// <returns>This builder.</returns>
    public FeatureViewBuilder Source(string name, FeatureViewSource source)
    {
        _parts.Source(name, source);
        return this;
    }
}

public sealed partial class FeatureViewBuilder<TRow>
{
    /// <summary>Declares where the view's rows come from; see <see cref="IFeatureSources.RefreshAsync"/>. Not part of the view's meaning.</summary>
    /// <param name="name">The source's name within the view. Progress is kept under it: a new name begins anew.</param>
    /// <param name="source">The source.</param>
    /// <returns>This builder.</returns>
    public FeatureViewBuilder<TRow> Source(string name, FeatureViewSource source)
    {
        _parts.Source(name, source);
        return this;
    }
}
