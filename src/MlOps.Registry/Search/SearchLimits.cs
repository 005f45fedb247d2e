namespace MlOps.Registry;

/// <summary>The bounds of a search. What exceeds one is refused before anything is read.</summary>
public static class SearchLimits
{
    /// <summary>Characters of a filter.</summary>
    public const int TextLength = 100_000;

    /// <summary>Comparisons of a filter.</summary>
    public const int Clauses = 200;

    /// <summary>Parentheses and NOTs around each other.</summary>
    public const int Depth = 50;

    /// <summary>Values of all IN lists of a filter together.</summary>
    public const int ListValues = 2_000;

    /// <summary>Characters of a LIKE pattern.</summary>
    public const int PatternLength = 1_000;

    /// <summary>Wildcards of a LIKE pattern.</summary>
    public const int Wildcards = 50;

    /// <summary>Keys of an order.</summary>
    public const int OrderKeys = 8;

    /// <summary>Names in a projection.</summary>
    public const int Selected = 200;

    /// <summary>Experiments that one search spans by name.</summary>
    public const int Experiments = 500;

    /// <summary>Rows of a page.</summary>
    public const int PageSize = 50_000;

    /// <summary>Rows of a page when nothing else is said.</summary>
    public const int DefaultPageSize = 100;
}
