using MlOps.Features;

namespace MlOps;

public partial interface IFeatureStore
{
    /// <summary>Compares served vectors with later recomputation.</summary>
    ISkewAudit Skew { get; }
}
