namespace MlOps.Features;

public partial class FeatureView
{
    /// <summary>What batches for the view must hold; null when anything goes. Not part of the definition: it may change freely.</summary>
    public DataChecks? Checks { get; }
}
