namespace MlOps;

/// <summary>Finds feature vector sources by the name of their feature service. Registered as a service keyed by environment. Thread-safe.</summary>
public interface IFeatureVectorSourceProvider
{
    /// <summary>The source of a feature service.</summary>
    /// <param name="service">The feature service's name.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The source.</returns>
    /// <exception cref="NotFoundException">There is no such service; the message lists the nearest names.</exception>
    ValueTask<IFeatureVectorSource> GetVectorSourceAsync(string service, CancellationToken cancellationToken = default);
}
