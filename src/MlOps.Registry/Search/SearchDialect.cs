using System.Text;

namespace MlOps.Registry;

/// <summary>What the databases write differently in a search. One that is not known here is refused rather than guessed at.</summary>
internal sealed record SearchDialect
{
    private static readonly SearchDialect Sqlite = new() { IsSqlite = true };
    private static readonly SearchDialect PostgreSql = new();

    private bool IsSqlite { get; init; }

    public static SearchDialect Of(SqlDialect dialect) => dialect.Name switch
    {
        "sqlite" => Sqlite,
        "postgresql" => PostgreSql,
        _ => throw new InvalidDefinitionException($"Search knows no database '{dialect.Name}'; it knows sqlite and postgresql."),
    };

    /// <summary>
    /// Names the index to use. SQLite has no statistics here and would take the primary key, which costs three times the covering
    /// index; others plan for themselves.
    /// </summary>
    public string Hint(string? index) => IsSqlite && index is not null ? " INDEXED BY " + index : "";

    /// <summary>LIKE that minds case, and the pattern for it. SQLite's LIKE ignores case, its GLOB does not.</summary>
    public (string Operator, string Pattern, string Suffix) Like(string pattern) =>
        IsSqlite ? (" GLOB ", Glob(pattern), "") : (" LIKE ", pattern, " ESCAPE ''");

    /// <summary>LIKE that ignores the case of ASCII letters (PostgreSQL: of all letters of its collation).</summary>
    public (string Operator, string Pattern, string Suffix) LikeIgnoringCase(string pattern) =>
        IsSqlite ? (" LIKE ", pattern, "") : (" ILIKE ", pattern, " ESCAPE ''");

    /// <summary>What stands before and after the part that the bytes shall contain.</summary>
    public (string Before, string After) Contains(string bytes) => IsSqlite ? ($"instr({bytes}, ", ") > 0") : ("position(", $" IN {bytes}) > 0");

    private static string Glob(string pattern)
    {
        var glob = new StringBuilder(pattern.Length + 8);
        foreach (var c in pattern)
        {
            _ = c switch
            {
                '%' => glob.Append('*'),
                '_' => glob.Append('?'),
                '*' or '?' or '[' => glob.Append('[').Append(c).Append(']'),
                _ => glob.Append(c),
            };
        }

        return glob.ToString();
    }
}
