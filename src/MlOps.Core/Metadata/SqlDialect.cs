using System.Text.RegularExpressions;

namespace MlOps;

/// <summary>The small differences between the databases behind <see cref="IMetadataStore"/>.</summary>
public sealed partial record SqlDialect
{
    /// <summary>SQLite 3.24 and later.</summary>
    public static SqlDialect Sqlite { get; } = new() { Name = "sqlite", Blob = "BLOB", Identity = "INTEGER PRIMARY KEY AUTOINCREMENT", Double = "REAL", CoversTexts = true };

    /// <summary>PostgreSQL 13 and later.</summary>
    public static SqlDialect PostgreSql { get; } = new() { Name = "postgresql", Blob = "BYTEA", Identity = "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY", Double = "DOUBLE PRECISION" };

    /// <summary>The database's name in lower case.</summary>
    public required string Name { get; init; }

    /// <summary>The type of a byte column; write <c>{blob}</c> in migrations.</summary>
    public required string Blob { get; init; }

    /// <summary>A 64-bit primary key that the database counts; write <c>{identity}</c> in migrations.</summary>
    public required string Identity { get; init; }

    /// <summary>The type of a 64-bit float column; write <c>{double}</c> in migrations.</summary>
    public required string Double { get; init; }

    /// <summary>
    /// Whether an index may end with a long text, so that a query need not look at the table; write <c>{covered:column}</c> in
    /// migrations. PostgreSQL refuses index rows of more than a third of a page.
    /// </summary>
    /// <value>Default: false.</value>
    public bool CoversTexts { get; init; }

    /// <summary>Replaces the type names in braces.</summary>
    /// <param name="sql">A statement of a migration.</param>
    /// <returns>The statement in this dialect.</returns>
    public string Translate(string sql)
    {
        ArgumentNullException.ThrowIfNull(sql);
        return CoveredColumn().Replace(sql, CoversTexts ? ", $1" : "").Replace("{blob}", Blob, StringComparison.Ordinal)
            .Replace("{identity}", Identity, StringComparison.Ordinal)
            .Replace("{double}", Double, StringComparison.Ordinal);
    }

    [GeneratedRegex(@"\{covered:(\w+)\}", RegexOptions.CultureInvariant)]
    private static partial Regex CoveredColumn();
}
