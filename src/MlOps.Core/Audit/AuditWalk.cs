using System.Globalization;

namespace MlOps.Audit;

/// <summary>
/// Follows the chain of hashes through the records and says what was done where it breaks. A stretch that does not fit is collected until
/// a record fits its stored predecessor again, with its own sequence or with all later ones moved by as many as were put in or taken out.
/// </summary>
internal sealed partial class AuditWalk(string environment)
{
    private const int MostShift = 256;
    private const int MostStretch = 512;
    private const int MostSearches = 4096;
    private const int MostSuspects = 32;
    private const int Remembered = 64;
    private readonly List<AuditFinding> _findings = [];
    private readonly List<Row> _stretch = [];
    private readonly List<Row> _suspects = [];
    private readonly List<(long First, long Last, string FormerHash)> _gaps = [];
    private readonly Queue<Row> _recent = new();
    private Row _good = new(new AuditRecord(0, default, "", new AuditEntry("", ""), ""), "", 0);
    private long _shift;
    private int _searches;

    /// <summary>A record, the stored hash of the row before it, and the sequence that it was written with as far as that is known.</summary>
    private sealed record Row(AuditRecord Record, string Before, long Original)
    {
        public long Place => Record.Sequence;

        public string Hash => Record.Hash;
    }

    private Row Previous => _stretch.Count > 0 ? _stretch[^1] : _good;

    public void Add(AuditRecord record)
    {
        if (record.Sequence < 1)
        {
            Find(AuditFindingKind.Inserted, record.Sequence, record.Sequence, "sequences begin at 1");
            return;
        }

        if (record.Sequence > Previous.Place + 1)
        {
            CloseStretch(0);
            // What follows a gap cannot be checked against what is gone; the chain is taken up again from its stored hash.
            _gaps.Add((_good.Place + 1, record.Sequence - 1, _good.Hash));
            Accept(new Row(record, "", record.Sequence + _shift));
            return;
        }

        var row = new Row(record, Previous.Hash, record.Sequence + _shift);
        if (Fits(row, row.Before, row.Original))
        {
            CloseStretch(0);
            Accept(row);
        }
        else if (_stretch.Count > 0 && FindShift(row) is var shift and not 0)
        {
            CloseStretch(shift);
            _shift += shift;
            Accept(row with { Original = row.Place + _shift });
        }
        else
        {
            _stretch.Add(row);
            if (_stretch.Count == MostStretch)
                CloseStretch(0);
        }
    }

    /// <summary>Ends the walk.</summary>
    public List<AuditFinding> Finish()
    {
        CloseStretch(0, atEnd: true);
        FindMoves();
        foreach (var (first, last, _) in _gaps)
            Find(AuditFindingKind.Deleted, first, last, "the records of these sequences are gone");
        foreach (var row in _suspects)
            Find(AuditFindingKind.Edited, row.Place, row.Place, "the record does not follow from the one before it");
        return [.. _findings.OrderBy(finding => finding.First).ThenBy(finding => finding.Kind)];
    }

    private void Accept(Row row)
    {
        _good = row;
        _recent.Enqueue(row);
        if (_recent.Count > Remembered)
            _recent.Dequeue();
    }

    private int FindShift(Row row)
    {
        if (++_searches > MostSearches)
            return 0;
        for (var by = 1; by <= MostShift; by++)
        {
            if (Fits(row, row.Before, row.Original + by))
                return by;
            if (row.Original > by && Fits(row, row.Before, row.Original - by))
                return -by;
        }

        return 0;
    }

    private void CloseStretch(int shift, bool atEnd = false)
    {
        if (_stretch.Count == 0)
            return;
        if (shift > 0)
            CloseDeletion(shift);
        else if (shift < 0)
            CloseInsertion(-shift);
        else if (!(atEnd && CloseInsertionAtEnd()))
            CloseEdits();
        _good = _stretch[^1] with { Original = _stretch[^1].Place + _shift };
        _stretch.Clear();
    }

    private void CloseDeletion(int count)
    {
        // The last of the stretch is whole: its predecessor is what was taken out.
        foreach (var row in _stretch.Take(_stretch.Count - 1))
            _suspects.Add(row);
        var first = _stretch[^1].Original;
        Find(AuditFindingKind.Deleted, first, first + count - 1, $"{Counted(count)} taken out here, and the later ones moved up");
    }

    private void CloseInsertion(int count)
    {
        // The stretch ends with a record that follows from one before what was put in, which may be a chain of its own.
        var real = _stretch[^1];
        var before = _recent.LastOrDefault(row => Fits(real, row.Hash, row.Original + 1));
        var first = before is null ? real.Place - count : before.Place + 1;
        var last = real.Place - 1;
        if (last - first + 1 != count)
            (first, last) = (real.Place - count, real.Place - 1);
        foreach (var row in _stretch.Where(row => row.Place < first))
            _suspects.Add(row);
        Find(AuditFindingKind.Inserted, first, last, $"{Counted(count)} put in here, and the later ones moved down");
    }

    private bool CloseInsertionAtEnd()
    {
        var real = _stretch[^1];
        var before = _recent.LastOrDefault(row => row.Original + 1 < real.Original && Fits(real, row.Hash, row.Original + 1));
        if (before is null || _stretch.Count > 1 && Fits(_stretch[0], real.Hash, real.Original))
            return false;
        Find(AuditFindingKind.Inserted, before.Place + 1, real.Place - 1, "the last record follows from the one before these");
        return true;
    }

    private void CloseEdits()
    {
        if (_stretch.Count == MostStretch)
        {
            Find(AuditFindingKind.Edited, _stretch[0].Place, _stretch[^1].Place, "none of these records follows from the one before it");
            return;
        }

        for (var i = 0; i < _stretch.Count; i++)
        {
            var row = _stretch[i];
            _suspects.Add(row);
            // Only its stored hash was replaced: the next record follows from the hash that it should have.
            if (i + 1 < _stretch.Count && Fits(_stretch[i + 1], Hash(row, row.Before, row.Original), _stretch[i + 1].Original))
                i++;
        }
    }

    private void Find(AuditFindingKind kind, long first, long last, string detail) => _findings.Add(new AuditFinding(kind, first, last, detail));

    private string Hash(Row row, string former, long sequence) => AuditHash.Compute(environment, former, sequence, row.Record);

    private bool Fits(Row row, string former, long sequence) => Hash(row, former, sequence) == row.Hash;

    private static string Counted(int count) => count == 1 ? "1 record was" : count.ToString(CultureInfo.InvariantCulture) + " records were";
}
