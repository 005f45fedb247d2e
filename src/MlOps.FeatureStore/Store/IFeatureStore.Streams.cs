using MlOps.Features;

namespace MlOps;

public partial interface IFeatureStore
{
    /// <summary>Jobs that feed views from streams, each record once, whatever crashes.</summary>
    IFeatureStreams Streams { get; }
}
