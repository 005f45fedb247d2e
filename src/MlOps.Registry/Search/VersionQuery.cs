namespace MlOps.Registry;

/// <summary>A search over versions. The grammar stands in <c>docs/registry/search.md</c>.</summary>
public sealed record VersionQuery
{
    /// <summary>The filter. Empty: every row.</summary>
    /// <value>Default: empty.</value>
    public string Filter { get; init; } = "";

    /// <summary>The order when the filter has none.</summary>
    /// <value>Default: null, the order of the kind: versions newest first, models by name.</value>
    public string? OrderBy { get; init; }

    /// <summary>Rows of a page, 1 to <see cref="SearchLimits.PageSize"/>.</summary>
    /// <value>Default: null, what the filter's LIMIT says, else <see cref="SearchLimits.DefaultPageSize"/>.</value>
    public int? Limit { get; init; }

    /// <summary><see cref="VersionPage.NextCursor"/> of the page before, with the same filter and order.</summary>
    public string? Cursor { get; init; }
}
