namespace MlOps.Features;

/// <summary>Encodings that are fitted on training data, stored with the model and applied to single rows in service.</summary>
public static class FeatureEncoding
{
    /// <summary>Defines an encoding. Outputs stand in the order of the calls.</summary>
    /// <returns>The builder.</returns>
    public static FeatureEncodingBuilder Define() => new();
}
