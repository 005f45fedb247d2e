namespace MlOps.Audit;

internal sealed partial class AuditWalk
{
    /// <summary>Among the records that do not fit: which stand at each other's places, and which fit but for a neighbour that moved.</summary>
    private void FindMoves()
    {
        if (_suspects.Count is 0 or > MostSuspects)
            return;
        var places = _suspects.Select(row => (Place: row.Original, row.Before))
            .Concat(_gaps.Where(gap => gap.First == gap.Last).Select(gap => (Place: gap.First + _shift, Before: gap.FormerHash)))
            .ToArray();
        var hashes = _suspects.Select(row => row.Hash).ToHashSet(StringComparer.Ordinal);
        var moves = new List<(Row Row, long From)>();
        foreach (var row in _suspects)
        {
            foreach (var (place, before) in places.Where(place => place.Place != row.Original))
            {
                if (!hashes.Append(before).Any(former => hashes.Contains(Hash(row, former, place))))
                    continue;
                moves.Add((row, place));
                break;
            }
        }

        if (moves.Count == 0)
            return;
        var moved = moves.Select(move => move.Row).ToHashSet();
        _suspects.RemoveAll(row => moved.Contains(row) || hashes.Any(former => Fits(row, former, row.Original)));
        var (first, last) = (moves.Min(move => Math.Min(move.From, move.Row.Place)), moves.Max(move => Math.Max(move.From, move.Row.Place)));
        _gaps.RemoveAll(gap => gap.First == gap.Last && moves.Any(move => move.From == gap.First + _shift));
        Find(AuditFindingKind.Reordered, first, last, "records changed places: " + string.Join(", ", moves.Take(8).Select(move => $"{move.From} stands at {move.Row.Place}")));
    }
}
