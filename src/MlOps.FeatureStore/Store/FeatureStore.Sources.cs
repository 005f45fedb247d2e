namespace MlOps.Features;

internal sealed partial class FeatureStore
{
    private FeatureSources? _sources;

    /// <inheritdoc />
    public IFeatureSources Sources => LazyInitializer.EnsureInitialized(ref _sources, () => new FeatureSources(this, _context));

    internal FeatureView Find(string view) => ViewOf(view);

    internal OfflineView OfflineOf(string view) => _offline[ViewOf(view).Name];

    internal OnlineView OnlineOf(string view) => _online[ViewOf(view).Name];
}
