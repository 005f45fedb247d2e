namespace MlOps.Registry;

/// <summary>A condition whose names and values are known; it writes itself as SQL.</summary>
internal abstract class BoundNode
{
    /// <summary>About how many rows satisfy it.</summary>
    public double Estimate { get; set; }

    public abstract void Write(SqlText sql, SearchSource source, SearchDialect dialect);
}

internal sealed class BoundGroup(bool all, IReadOnlyList<BoundNode> parts) : BoundNode
{
    public bool All => all;

    public IReadOnlyList<BoundNode> Parts => parts;

    public override void Write(SqlText sql, SearchSource source, SearchDialect dialect)
    {
        // What decides most often stands first: SQLite evaluates in this order.
        var ordered = all ? parts.OrderBy(part => part.Estimate) : parts.OrderByDescending(part => part.Estimate);
        var between = "(";
        foreach (var part in ordered)
        {
            sql.Add(between);
            part.Write(sql, source, dialect);
            between = all ? " AND " : " OR ";
        }

        sql.Add(")");
    }
}

internal sealed class BoundNot(BoundNode inner) : BoundNode
{
    public BoundNode Inner => inner;

    public override void Write(SqlText sql, SearchSource source, SearchDialect dialect)
    {
        sql.Add("NOT ");
        inner.Write(sql, source, dialect);
    }
}

/// <summary>A condition on a column; never NULL, so that NOT is the complement.</summary>
internal sealed class BoundColumn(SearchColumn column, Action<SqlText, string> condition, bool guarded) : BoundNode
{
    public override void Write(SqlText sql, SearchSource source, SearchDialect dialect)
    {
        sql.Add("(");
        if (guarded)
            sql.Add(column.Sql).Add(" IS NOT NULL AND ");
        condition(sql, column.Sql);
        sql.Add(")");
    }
}

/// <summary>A condition on rows of another table: whether one exists (or none) that satisfies it.</summary>
internal sealed class BoundRows(SearchRows rows, Action<SqlText, string>? condition, bool absent) : BoundNode
{
    public SearchRows Rows => rows;

    public bool Absent => absent;

    /// <summary>Whether it asks for the one row that an owner has of a key.</summary>
    public bool IsOfOneRow => rows.KeyColumn is not null && !absent;

    /// <summary>Whether the owners are collected first (few match), instead of asked one by one (many match).</summary>
    public bool CollectsOwners { get; set; }

    /// <summary>Both conditions, on the same row.</summary>
    public BoundRows And(BoundRows other) => new(rows, Both(condition, other.Condition), absent: false);

    private Action<SqlText, string>? Condition => condition;

    public override void Write(SqlText sql, SearchSource source, SearchDialect dialect)
    {
        if (absent)
            sql.Add("NOT ");
        if (CollectsOwners)
        {
            sql.Add(source.IdColumns.Length == 1 ? source.IdColumns[0] : $"({string.Join(", ", source.IdColumns)})");
            sql.Add(" IN (SELECT ").Add(string.Join(", ", rows.OwnerColumns)).Add(" FROM ");
            WriteRows(sql, dialect, rows.ValueIndex ?? rows.ProbeIndex);
            sql.Add(")");
            return;
        }

        sql.Add("EXISTS (SELECT 1 FROM ");
        WriteRows(sql, dialect, rows.ProbeIndex, source);
        sql.Add(")");
    }

    /// <summary>Counts the rows that match, up to a bound.</summary>
    public SqlText Count(SearchDialect dialect, long bound)
    {
        var sql = new SqlText().Add("SELECT COUNT(*) FROM (SELECT 1 FROM ");
        WriteRows(sql, dialect, rows.ValueIndex ?? rows.ProbeIndex);
        return sql.Add(" LIMIT ").Value(bound).Add(") c");
    }

    private static Action<SqlText, string>? Both(Action<SqlText, string>? first, Action<SqlText, string>? second) => (first, second) switch
    {
        (null, _) => second,
        (_, null) => first,
        _ => (sql, value) =>
        {
            first(sql, value);
            sql.Add(" AND ");
            second(sql, value);
        },
    };

    private void WriteRows(SqlText sql, SearchDialect dialect, string? index, SearchSource? owner = null)
    {
        sql.Add(rows.Table).Add(" s").Add(dialect.Hint(index)).Add(" WHERE ");
        var and = "";
        if (rows.KeyColumn is not null)
        {
            sql.Add("s.").Add(rows.KeyColumn).Add(" = ").Value(rows.Key!);
            and = " AND ";
        }

        for (var i = 0; owner is not null && i < rows.OwnerColumns.Length; i++)
        {
            sql.Add(and).Add("s.").Add(rows.OwnerColumns[i]).Add(" = ").Add(owner.IdColumns[i]);
            and = " AND ";
        }

        if (condition is not null)
        {
            sql.Add(and);
            condition(sql, "s." + rows.ValueColumn);
        }
        else if (and.Length == 0)
        {
            sql.Add("1 = 1");
        }
    }
}
