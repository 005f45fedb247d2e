namespace MlOps.Registry;

/// <summary>One expression of an order; never NULL, so that the comparison with a cursor is plain.</summary>
/// <param name="Sql">The expression.</param>
/// <param name="Descending">The direction.</param>
internal sealed record SortKey(string Sql, bool Descending);

/// <summary>The whole order of a search: what was asked for, then the table's own order down to the identity.</summary>
/// <param name="Keys">The expressions.</param>
/// <param name="Joined">Tables whose values are ordered by, as o0, o1, ...; the first keys are theirs.</param>
internal sealed record SortPlan(IReadOnlyList<SortKey> Keys, IReadOnlyList<SearchRows> Joined)
{
    /// <summary>Whether the first key is a value of another table.</summary>
    public bool BeginsWithRows { get; private init; }

    public static SortPlan Of(SearchSource source, IReadOnlyList<SearchOrder> order)
    {
        var keys = new List<SortKey>();
        var joined = new List<SearchRows>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var beginsWithRows = false;
        foreach (var (field, descending) in order)
        {
            var target = source.Bind(field);
            if (!seen.Add($"{target.Name}\0{(target as SearchRows)?.Key}"))
                throw new InvalidInputException($"The order names {target.Name} twice.");
            switch (target)
            {
                case SearchColumn { Type: SearchType.Kind } or SearchRows { KeyColumn: null }:
                    throw new InvalidInputException($"{source.Name} cannot be ordered by {target.Name} (position {field.Position + 1}): a row may have several.");
                case SearchColumn column when column.Nullable:
                    keys.Add(new SortKey($"CASE WHEN {column.Sql} IS NULL THEN 2 ELSE 0 END", false));
                    keys.Add(new SortKey($"COALESCE({column.Sql}, {(column.Type == SearchType.Text ? "''" : "0")})", descending));
                    break;
                case SearchColumn column:
                    keys.Add(new SortKey(column.Sql, descending));
                    break;
                case SearchRows rows:
                    beginsWithRows |= keys.Count == 0;
                    var value = $"o{joined.Count}.{rows.ValueColumn}";
                    keys.Add(new SortKey($"CASE WHEN o{joined.Count}.{rows.KeyColumn} IS NULL THEN 2 WHEN {value} IS NULL THEN 1 ELSE 0 END", false));
                    keys.Add(new SortKey($"COALESCE({value}, {(rows.Type == SearchType.Text ? "''" : "0")})", descending));
                    joined.Add(rows);
                    break;
            }
        }

        foreach (var (sql, descending) in source.DefaultOrder)
        {
            if (keys.TrueForAll(key => key.Sql != sql))
                keys.Add(new SortKey(sql, descending));
        }

        return new SortPlan(keys, joined) { BeginsWithRows = beginsWithRows };
    }
}
