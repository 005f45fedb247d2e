using MlOps.Features;

namespace MlOps;

public partial interface IFeatureStore
{
    /// <summary>A reader of a service as typed objects. Properties are found among the features at the first read.</summary>
    /// <typeparam name="T">What an answer is.</typeparam>
    /// <param name="service">The feature service.</param>
    /// <param name="binding">Which property is which feature.</param>
    /// <returns>The reader; keep it.</returns>
    IFeatureReader<T> GetReader<T>(string service, FeatureRowBinding<T> binding);
}
