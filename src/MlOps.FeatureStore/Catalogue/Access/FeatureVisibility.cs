namespace MlOps.Features;

/// <summary>How much of a feature a caller may see. Each level contains those before it.</summary>
public enum FeatureVisibility
{
    /// <summary>Nothing, not even that it exists.</summary>
    None = 0,

    /// <summary>Its name, description, counts and freshness, but no value.</summary>
    Metadata = 1,

    /// <summary>Its values, with the permission <see cref="EnvironmentPermission.ReadFeatures"/>.</summary>
    Values = 2,
}
