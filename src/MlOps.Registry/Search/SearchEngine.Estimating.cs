namespace MlOps.Registry;

internal sealed partial class SearchEngine
{
    // Below this many rows every plan is quick, and estimating would cost more than it saves.
    public const long FewRows = 2_000;
    private const long ManyRows = 2_000_000;
    private const int CountedParts = 24;

    // Reading a row through the index of values costs about three times a row of the table's own order.
    private const double ValueWalkCost = 3;

    /// <summary>Estimates the parts of the filter. True when the first key of the order is best walked in its index.</summary>
    private async ValueTask<bool> EstimateAsync(IMetadataSession session)
    {
        var walks = _sort is { BeginsWithRows: true } && _sort.Joined[0].ValueIndex is not null;
        if (_filter is null && !walks)
            return false;
        var rows = await CountAsync(session, CountRows(_fewRows + 1)).ConfigureAwait(false);
        if (rows <= _fewRows)
            return false;
        rows = await CountAsync(session, CountRows(ManyRows)).ConfigureAwait(false);
        var counted = 0;
        if (_filter is not null)
        {
            foreach (var part in Parts(_filter))
            {
                if (counted++ < CountedParts)
                    await EstimateAsync(session, part, rows).ConfigureAwait(false);
            }

            Combine(_filter, rows);
        }

        if (!walks)
            return false;
        var valued = await CountAsync(session, new BoundRows(_sort.Joined[0], null, absent: false).Count(_dialect, 20 * rows)).ConfigureAwait(false);
        var matching = Math.Max(1, _filter?.Estimate ?? rows);
        return _request.Limit * (valued / matching) * ValueWalkCost <= rows;
    }

    private async ValueTask EstimateAsync(IMetadataSession session, BoundRows part, long rows)
    {
        var bound = (rows / 4) + 1;
        var matching = await CountAsync(session, part.Count(_dialect, bound)).ConfigureAwait(false);
        part.CollectsOwners = matching < bound;
        part.Estimate = part.CollectsOwners ? matching : rows / 2.0;
        if (part.Absent)
            part.Estimate = rows - part.Estimate;
    }

    private static void Combine(BoundNode node, long rows)
    {
        switch (node)
        {
            case BoundGroup group:
                foreach (var part in group.Parts)
                    Combine(part, rows);
                group.Estimate = group.All ? group.Parts.Min(part => part.Estimate) : Math.Min(rows, group.Parts.Sum(part => part.Estimate));
                break;
            case BoundNot not:
                Combine(not.Inner, rows);
                not.Estimate = rows - not.Inner.Estimate;
                break;
            case BoundColumn:
                node.Estimate = rows / 2.0;
                break;
        }
    }

    private static IEnumerable<BoundRows> Parts(BoundNode node) => node switch
    {
        BoundRows rows => [rows],
        BoundNot not => Parts(not.Inner),
        BoundGroup group => group.Parts.SelectMany(Parts),
        _ => [],
    };

    private SqlText CountRows(long bound)
    {
        var sql = new SqlText().Add("SELECT COUNT(*) FROM (SELECT 1 FROM ").Add(_source.Table);
        WriteScope(sql);
        return sql.Add(" LIMIT ").Value(bound).Add(") c");
    }

    private static async ValueTask<long> CountAsync(IMetadataSession session, SqlText sql) =>
        await session.ScalarAsync(sql.ToString(), sql.Parameters).ConfigureAwait(false) ?? 0;
}
