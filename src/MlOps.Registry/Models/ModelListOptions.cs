namespace MlOps.Registry;

/// <summary>Which models are listed: a page in the order of their names.</summary>
public sealed record ModelListOptions
{
    /// <summary>Only names after this one: the last of the page before.</summary>
    /// <value>Default: null, from the beginning.</value>
    public string? After { get; init; }

    /// <summary>At most so many.</summary>
    /// <value>Default: 100. Range: 1 to 1,000.</value>
    public int Limit { get; init; } = 100;

    /// <summary>Only models of this owner.</summary>
    /// <value>Default: null, all.</value>
    public string? Owner { get; init; }

    /// <summary>Deleted models too.</summary>
    /// <value>Default: false.</value>
    public bool IncludeDeleted { get; init; }
}
