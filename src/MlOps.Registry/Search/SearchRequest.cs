namespace MlOps.Registry;

/// <summary>A search as the engine runs it.</summary>
/// <param name="Statement">The filter.</param>
/// <param name="Order">The order.</param>
/// <param name="Limit">Rows of the page.</param>
/// <param name="Cursor">Where the former page ended.</param>
/// <param name="Experiments">Only runs of these; null for all.</param>
internal sealed record SearchRequest(SearchStatement Statement, IReadOnlyList<SearchOrder> Order, int Limit, string? Cursor, IReadOnlyList<string>? Experiments = null)
{
    /// <summary>Puts together what a query says beside its text; saying the same thing twice is refused.</summary>
    public static SearchRequest Of(SearchStatement statement, string? orderBy, int? limit, string? cursor, IReadOnlyList<string>? experiments = null)
    {
        var order = statement.Order;
        if (!string.IsNullOrWhiteSpace(orderBy))
        {
            if (order.Count > 0)
                throw new InvalidInputException("The filter has an ORDER BY, and the query has an order, too. Give one of them.");
            order = SearchParser.ParseOrder(orderBy);
        }

        if (limit is < 1 or > SearchLimits.PageSize)
            throw new InvalidInputException($"The page size is {limit}; allowed are 1 to {SearchLimits.PageSize}.");
        return new SearchRequest(statement, order, limit ?? statement.Limit ?? SearchLimits.DefaultPageSize, cursor, experiments);
    }
}
