namespace MlOps;

/// <summary>Lets serving look up features without knowing the feature store.</summary>
internal sealed class FeatureVectorSources(IFeatureStore store, ICallerAccessor caller) : IFeatureVectorSourceProvider
{
    public async ValueTask<IFeatureVectorSource> GetVectorSourceAsync(string service, CancellationToken cancellationToken = default)
    {
        // An endpoint reads as the process: whoever sends the first request neither opens nor closes it for the others.
        using var authority = caller.ActForProcess();
        return await store.GetVectorSourceAsync(service, cancellationToken).ConfigureAwait(false);
    }
}
