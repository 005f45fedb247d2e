namespace MlOps.Features;

/// <summary>What the catalogue holds.</summary>
public enum CatalogueKind
{
    /// <summary>A feature of a view.</summary>
    Feature = 0,

    /// <summary>A feature view.</summary>
    View = 1,

    /// <summary>A feature service.</summary>
    Service = 2,

    /// <summary>An entity that views name.</summary>
    Entity = 3,
}
