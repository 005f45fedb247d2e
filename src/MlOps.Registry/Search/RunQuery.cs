namespace MlOps.Registry;

/// <summary>A search over runs. The grammar stands in <c>docs/registry/search.md</c>.</summary>
public sealed record RunQuery
{
    /// <summary>The filter, for instance <c>metrics.auc > 0.8 and tags.owner = 'ads' order by metrics.auc desc</c>. Empty: every run.</summary>
    /// <value>Default: empty.</value>
    public string Filter { get; init; } = "";

    /// <summary>Only runs of these experiments.</summary>
    /// <value>Default: empty, all experiments.</value>
    public IReadOnlyList<string> Experiments { get; init; } = [];

    /// <summary>The order, for instance <c>metrics.auc desc, start_time</c>, when the filter has none. Ties: newest first, then by id.</summary>
    /// <value>Default: null, newest first.</value>
    public string? OrderBy { get; init; }

    /// <summary>
    /// What the records shall hold, for instance <c>metrics.auc</c>, <c>params</c>, <c>tags</c>, <c>inputs</c>, <c>artifacts</c>; what is not named stays empty.
    /// The run's own fields are always there.
    /// </summary>
    /// <value>Default: null, everything.</value>
    public IReadOnlyList<string>? Select { get; init; }

    /// <summary>Rows of a page, 1 to <see cref="SearchLimits.PageSize"/>.</summary>
    /// <value>Default: null, what the filter's LIMIT says, else <see cref="SearchLimits.DefaultPageSize"/>.</value>
    public int? Limit { get; init; }

    /// <summary><see cref="RunPage.NextCursor"/> of the page before, with the same filter, order and experiments.</summary>
    public string? Cursor { get; init; }
}
