using System.Data.Common;

namespace MlOps.Registry;

/// <summary>
/// Runs one search: binds the filter, estimates how many rows each part matches where that is worth knowing, and reads one page of
/// identities. What the rows hold is read afterwards by whoever asked.
/// </summary>
internal sealed partial class SearchEngine
{
    private readonly SearchSource _source;
    private readonly SearchDialect _dialect;
    private readonly SearchRequest _request;
    private readonly byte[] _fingerprint;
    private readonly SortPlan _sort;
    private readonly BoundNode? _filter;
    private readonly Timestamp _now;
    private readonly SearchCursor? _cursor;
    private readonly long _fewRows;

    public SearchEngine(SearchSource source, SqlDialect dialect, SearchRequest request, Timestamp now, long fewRows = FewRows)
    {
        _fewRows = fewRows;
        _source = source;
        _dialect = SearchDialect.Of(dialect);
        _request = request;
        _sort = SortPlan.Of(source, request.Order);
        _fingerprint = SearchCursor.Fingerprint(source, request);
        _cursor = request.Cursor is { } token ? SearchCursor.Read(token, _fingerprint, _sort.Keys.Count) : null;
        // "now - 7d" means the same moment on every page.
        _now = _cursor?.Now ?? now;
        _filter = request.Statement.Filter is { } filter ? new SearchBinder(source, _dialect, _now).Bind(filter) : null;
    }

    public async ValueTask<SearchPage> ReadAsync(IMetadataSession session)
    {
        var wanted = _request.Limit + 1;
        var hits = await EstimateAsync(session).ConfigureAwait(false)
            ? await ReadByValueAsync(session, wanted).ConfigureAwait(false)
            : await ReadAsync(session, General(_cursor?.Keys, wanted)).ConfigureAwait(false);
        if (hits.Count < wanted)
            return new SearchPage(hits, null);
        hits.RemoveAt(hits.Count - 1);
        return new SearchPage(hits, new SearchCursor(_now, hits[^1].Keys).Write(_fingerprint));
    }

    /// <summary>Walks the index of the values in their order; those without a value follow from the general statement.</summary>
    private async ValueTask<List<SearchHit>> ReadByValueAsync(IMetadataSession session, int wanted)
    {
        var cursor = _cursor?.Keys;
        if (cursor is not null && (long)cursor[0] > 0)
            return await ReadAsync(session, General(cursor, wanted)).ConfigureAwait(false);
        var hits = await ReadAsync(session, ByValue(cursor, wanted)).ConfigureAwait(false);
        if (hits.Count < wanted)
            hits.AddRange(await ReadAsync(session, General(null, wanted - hits.Count, withoutValue: true)).ConfigureAwait(false));
        return hits;
    }

    private ValueTask<List<SearchHit>> ReadAsync(IMetadataSession session, SqlText sql) => session.QueryAsync(sql.ToString(), ReadHit, sql.Parameters);

    private SearchHit ReadHit(DbDataReader reader)
    {
        var id = new object[_source.IdColumns.Length];
        for (var i = 0; i < id.Length; i++)
            id[i] = reader.GetValue(i);
        var keys = new object[_sort.Keys.Count];
        for (var i = 0; i < keys.Length; i++)
            keys[i] = reader.GetValue(id.Length + i) is var value && value is int number ? (long)number : value;
        return new SearchHit(id, keys);
    }

    private SqlText General(IReadOnlyList<object>? cursor, int limit, bool withoutValue = false)
    {
        var sql = Selection(_sort.Keys).Add(" FROM ").Add(_source.Table);
        for (var i = 0; i < _sort.Joined.Count; i++)
            Join(sql, i);
        var and = WriteWhere(sql);
        if (withoutValue)
            sql.Add(and).Add($"o0.{_sort.Joined[0].ValueColumn} IS NULL");
        if (cursor is not null)
            WriteAfter(sql.Add(withoutValue ? " AND " : and), _sort.Keys, cursor, 0);
        return WriteOrder(sql, _sort.Keys, limit);
    }

    private SqlText ByValue(IReadOnlyList<object>? cursor, int limit)
    {
        var rows = _sort.Joined[0];
        var value = "o0." + rows.ValueColumn;
        SortKey[] keys = [new SortKey("0", false), _sort.Keys[1] with { Sql = value }, .. _sort.Keys.Skip(2)];
        // CROSS JOIN keeps SQLite from turning the loops around.
        var sql = Selection(keys).Add(" FROM ").Add(rows.Table).Add(" o0").Add(_dialect.Hint(rows.ValueIndex)).Add(" CROSS JOIN ").Add(_source.Table);
        for (var i = 1; i < _sort.Joined.Count; i++)
            Join(sql, i);
        var and = WriteWhere(sql);
        sql.Add(and).Add($"o0.{rows.KeyColumn} = ").Value(rows.Key!).Add($" AND {value} IS NOT NULL");
        for (var i = 0; i < rows.OwnerColumns.Length; i++)
            sql.Add($" AND {_source.IdColumns[i]} = o0.{rows.OwnerColumns[i]}");
        if (cursor is not null)
            WriteAfter(sql.Add(" AND "), keys, cursor, 1);
        return WriteOrder(sql, keys[1..], limit);
    }

    private SqlText Selection(IReadOnlyList<SortKey> keys) =>
        new SqlText().Add("SELECT ").Add(string.Join(", ", _source.IdColumns.Concat(keys.Select(key => key.Sql))));

    private void Join(SqlText sql, int number)
    {
        var rows = _sort.Joined[number];
        sql.Add($" LEFT JOIN {rows.Table} o{number}").Add(_dialect.Hint(rows.ProbeIndex)).Add($" ON o{number}.{rows.KeyColumn} = ").Value(rows.Key!);
        for (var i = 0; i < rows.OwnerColumns.Length; i++)
            sql.Add($" AND o{number}.{rows.OwnerColumns[i]} = {_source.IdColumns[i]}");
    }

    /// <summary>Writes what every statement of this search has in common; returns the word that joins a further condition.</summary>
    private string WriteWhere(SqlText sql)
    {
        var and = WriteScope(sql);
        if (_filter is null)
            return and;
        sql.Add(and);
        _filter.Write(sql, _source, _dialect);
        return " AND ";
    }

    private string WriteScope(SqlText sql)
    {
        var and = " WHERE ";
        if (_source.Always is { } always)
        {
            sql.Add(and).Add(always);
            and = " AND ";
        }

        if (_request.Experiments is { Count: > 0 } experiments)
        {
            sql.Add(and).Add("r.experiment");
            _ = experiments.Count == 1 ? sql.Add(" = ").Value(experiments[0]) : sql.Add(" IN ").Values(experiments);
            and = " AND ";
        }

        return and;
    }

    // After the cursor in lexicographic order; the first comparison stands alone as well, so that an index serves it.
    private static void WriteAfter(SqlText sql, IReadOnlyList<SortKey> keys, IReadOnlyList<object> cursor, int at)
    {
        var key = keys[at];
        var after = key.Descending ? " < " : " > ";
        if (at == keys.Count - 1)
        {
            sql.Add(key.Sql).Add(after).Value(cursor[at]);
            return;
        }

        sql.Add("(").Add(key.Sql).Add(key.Descending ? " <= " : " >= ").Value(cursor[at]).Add(" AND (").Add(key.Sql).Add(after).Value(cursor[at]).Add(" OR ");
        WriteAfter(sql, keys, cursor, at + 1);
        sql.Add("))");
    }

    private static SqlText WriteOrder(SqlText sql, IReadOnlyList<SortKey> keys, int limit) =>
        sql.Add(" ORDER BY ").Add(string.Join(", ", keys.Select(key => key.Sql + (key.Descending ? " DESC" : "")))).Add(" LIMIT ").Value((long)limit);
}
