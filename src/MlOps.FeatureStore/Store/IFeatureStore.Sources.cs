using MlOps.Features;

namespace MlOps;

public partial interface IFeatureStore
{
    /// <summary>Rows from files, databases, enumerables and other views, in batches with bounded memory.</summary>
    IFeatureSources Sources { get; }
}
