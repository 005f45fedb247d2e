using MlOps.Features;

namespace MlOps;

public partial interface IFeatureStore
{
    /// <summary>The batches that failed their views' checks.</summary>
    IFeatureQuarantine Quarantine { get; }
}
