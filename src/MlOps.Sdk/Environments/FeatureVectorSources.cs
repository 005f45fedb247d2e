namespace MlOps;

/// <summary>Lets serving look up features without knowing the feature store.</summary>
internal sealed class FeatureVectorSources(IFeatureStore store) : IFeatureVectorSourceProvider
{
    public ValueTask<IFeatureVectorSource> GetVectorSourceAsync(string service, CancellationToken cancellationToken = default) =>
        store.GetVectorSourceAsync(service, cancellationToken);
}
