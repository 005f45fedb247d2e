namespace MlOps.Features;

internal sealed partial class FeatureStore
{
    private FeatureSources? _sources;

    /// <inheritdoc />
    public IFeatureSources Sources => LazyInitializer.EnsureInitialized(ref _sources, () => new FeatureSources(this, _context));

    internal FeatureView Find(string view) => ViewOf(view, FeatureUse.Write);

    internal OfflineView OfflineOf(string view) => _offline[ViewOf(view, FeatureUse.Write).Name];

    /// <summary>A view that another one is made of: who refreshes it reads it.</summary>
    internal OfflineView ReadableOf(string view)
    {
        _context.Access.Require(EnvironmentPermission.ReadFeatures, $"feature view '{view}'");
        return _offline[ViewOf(view, FeatureUse.Values).Name];
    }

    internal OnlineView OnlineOf(string view) => _online[ViewOf(view, FeatureUse.Write).Name];
}
