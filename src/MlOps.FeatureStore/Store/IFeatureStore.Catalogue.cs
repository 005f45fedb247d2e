using MlOps.Features;

namespace MlOps;

public partial interface IFeatureStore
{
    /// <summary>Views, features, services and entities that the environment has seen: search, versions, history, usage, statistics.</summary>
    IFeatureCatalogue Catalogue { get; }
}
