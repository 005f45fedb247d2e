namespace MlOps.Features;

/// <summary>The events that the feature store records.</summary>
public static class FeatureEvents
{
    /// <summary>
    /// A scheduled audit found served values that differ from history. The subject is the feature service; the data name the report's rates
    /// and, per feature, cause and evidence. Recorded once for the same newest mismatch.
    /// </summary>
    public const string SkewDetected = "features.skew.detected";
}
