namespace MlOps.Features;

/// <summary>What a property of a row stands for.</summary>
public enum FeatureRowRole
{
    /// <summary>A feature, or the input of one.</summary>
    Feature = 0,

    /// <summary>A part of the entity's key.</summary>
    Key = 1,

    /// <summary>When the row happened.</summary>
    EventTime = 2,

    /// <summary>When the row became known.</summary>
    AvailableAt = 3,
}
